;; copy: a loop that loads and stores, behind a test
;;
;; entry:
;;   80000000  beq a2,zero,0x80000010
;;
;; copy:
;;   80000004  c.lw a5,0(a1)
;;   80000006  c.sw a5,0(a0)
;;   80000008  c.addi a1,4
;;   8000000a  c.addi a0,4
;;   8000000c  c.addi a2,-4
;;   8000000e  c.bnez a2,0x80000004
;;
;; done:
;;   80000010  c.jr ra
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $a0 i64) (local $a1 i64) (local $a2 i64) (local $a5 i64) (local $fetchContext i64)
  (local $t13 i32) (local $t14 i64) (local $t15 i64) (local $t16 i32) (local $t17 i64)
  (local $t18 i32)
  (local.set $fetchContext (i64.load offset=fetchContext (i32.const HART)))
  (if
    (i32.eqz
      (i32.and
        (i64.eq
          (i64.load offset=fetchTlb.tag (i32.const HART))
          (i64.or (local.get $fetchContext) (i64.const 0x80000000)))
        (i32.eq (i32.load offset=fetchTlb.page (i32.const HART)) (i32.const 0x80000))))
    (then
      (return (local.get $left) (local.get $pc))))
  (local.set $dataContext (i64.load offset=dataContext (i32.const HART)))
  (local.set $ra (i64.load offset=ra (i32.const HART)))
  (local.set $a0 (i64.load offset=a0 (i32.const HART)))
  (local.set $a1 (i64.load offset=a1 (i32.const HART)))
  (local.set $a2 (i64.load offset=a2 (i32.const HART)))
  (local.set $a5 (i64.load offset=a5 (i32.const HART)))
  (block
    (block
      (block
        (block
          (block
            (if (i64.lt_u (local.get $left) (i64.const 2))
              (then
                (local.set $pc (i64.const 0x80000000))
                (br 5)))
            (local.set $left (i64.sub (local.get $left) (i64.const 1)))
            (br_if 0 (i64.eqz (local.get $a2)))
            (loop
              (if (i64.lt_u (local.get $left) (i64.const 7))
                (then
                  (local.set $pc (i64.const 0x80000004))
                  (br 6)))
              (local.set $left (i64.sub (local.get $left) (i64.const 6)))
              (if
                (i64.eq
                  (i64.load offset=HART.loadTlb.tag
                    (local.tee $t16
                      (i32.and
                        (i32.shr_u
                          (i32.wrap_i64 (local.tee $t14 (i64.add (local.get $a1) (i64.const 0))))
                          (i32.const 8))
                        (i32.const 16368))))
                  (i64.or (i64.and (local.get $t14) (i64.const -4093)) (local.get $dataContext)))
                (then
                  (local.set $t15
                    (i64.load32_s
                      (i32.add
                        (i32.wrap_i64 (local.get $t14))
                        (i32.load offset=HART.loadTlb.addend (local.get $t16))))))
                (else
                  (local.set $t17
                    (call $regionLoad
                      (i32.const HART)
                      (local.get $t14)
                      (i64.const 4)
                      (i64.add (local.get $left) (i64.const 6))
                      (i64.const 0x80000004)))
                  (br_if 4 (i32.load offset=trapped (i32.const HART)))
                  (local.set $t15 (i64.extend_i32_s (i32.wrap_i64 (local.get $t17))))))
              (local.set $a5 (local.get $t15))
              (local.set $t14 (i64.add (local.get $a0) (i64.const 0)))
              (local.set $t15 (local.get $a5))
              (if
                (i64.eq
                  (i64.load offset=HART.storeTlb.tag
                    (local.tee $t16
                      (i32.and
                        (i32.shr_u (i32.wrap_i64 (local.get $t14)) (i32.const 8))
                        (i32.const 16368))))
                  (i64.or (i64.and (local.get $t14) (i64.const -4093)) (local.get $dataContext)))
                (then
                  (i64.store32
                    (i32.add
                      (i32.wrap_i64 (local.get $t14))
                      (i32.load offset=HART.storeTlb.addend (local.get $t16)))
                    (local.get $t15)))
                (else
                  (drop
                    (call $regionStore
                      (i32.const HART)
                      (local.get $t14)
                      (i64.const 4)
                      (i64.and (local.get $t15) (i64.const 0xffffffff))
                      (i64.add (local.get $left) (i64.const 5))
                      (i64.const 0x80000006)))
                  (br_if 4 (i32.load offset=trapped (i32.const HART)))))
              (local.set $a1 (i64.add (local.get $a1) (i64.const 4)))
              (local.set $a0 (i64.add (local.get $a0) (i64.const 4)))
              (local.set $a2 (i64.add (local.get $a2) (i64.const -4)))
              (br_if 0 (i64.ne (local.get $a2) (i64.const 0)))
              (br 1)))
          (local.set $left (i64.sub (local.get $left) (i64.const 1)))
          (local.set $target (i64.and (i64.add (local.get $ra) (i64.const 0)) (i64.const -2)))
          (i64.store offset=a0 (i32.const HART) (local.get $a0))
          (i64.store offset=a1 (i32.const HART) (local.get $a1))
          (i64.store offset=a2 (i32.const HART) (local.get $a2))
          (i64.store offset=a5 (i32.const HART) (local.get $a5))
          (return (local.get $left) (local.get $target))
          (unreachable))
        (i64.store offset=a0 (i32.const HART) (local.get $a0))
        (i64.store offset=a1 (i32.const HART) (local.get $a1))
        (i64.store offset=a2 (i32.const HART) (local.get $a2))
        (i64.store offset=a5 (i32.const HART) (local.get $a5))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t13)))
      (local.set $t18 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (i64.store offset=a0 (i32.const HART) (local.get $a0))
      (i64.store offset=a1 (i32.const HART) (local.get $a1))
      (i64.store offset=a2 (i32.const HART) (local.get $a2))
      (i64.store offset=a5 (i32.const HART) (local.get $a5))
      (if (i32.eq (local.get $t18) (i32.const 1))
        (then
          (i64.store offset=tick
            (i32.const HART)
            (i64.add (i64.load offset=tick (i32.const HART)) (i64.const 1)))
          (return (local.get $left) (i64.const -1))))
      (return (local.get $left) (i64.const -3)))
    (i64.store offset=pc (i32.const HART) (local.get $pc))
    (i64.store offset=tick
      (i32.const HART)
      (i64.sub (i64.load offset=stretchEnd (i32.const HART)) (local.get $left)))
    (local.set $pc (i64.const -1)))
  (i64.store offset=a0 (i32.const HART) (local.get $a0))
  (i64.store offset=a1 (i32.const HART) (local.get $a1))
  (i64.store offset=a2 (i32.const HART) (local.get $a2))
  (i64.store offset=a5 (i32.const HART) (local.get $a5))
  (local.get $left)
  (local.get $pc))
