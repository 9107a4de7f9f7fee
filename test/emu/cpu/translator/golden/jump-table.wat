;; jump-table: an indirect jump to places that it was seen to lead to
;;
;; entry:
;;   80000000  sh3add t1,a0,a1
;;   80000004  ld t1,0(t1)
;; jump:
;;   80000008  jalr zero,0(t1)
;;
;; one:
;;   8000000c  addi a2,a2,1
;;   80000010  jalr zero,0(ra)
;;
;; two:
;;   80000014  addi a2,a2,2
;;
;; three:
;;   80000018  addi a2,a2,3
;;   8000001c  jal zero,0x80000000
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $t1 i64) (local $a0 i64) (local $a1 i64) (local $a2 i64) (local $fetchContext i64)
  (local $t13 i32) (local $t14 i64) (local $t15 i64) (local $t16 i32) (local $t17 i64)
  (local $t18 i64) (local $t19 i32)
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
  (local.set $t1 (i64.load offset=t1 (i32.const HART)))
  (local.set $a0 (i64.load offset=a0 (i32.const HART)))
  (local.set $a1 (i64.load offset=a1 (i32.const HART)))
  (local.set $a2 (i64.load offset=a2 (i32.const HART)))
  (block
    (block
      (block
        (block
          (loop
            (block
              (if (i64.lt_u (local.get $left) (i64.const 6))
                (then
                  (local.set $pc (i64.const 0x80000000))
                  (br 6)))
              (local.set $left (i64.sub (local.get $left) (i64.const 3)))
              (local.set $t1 (i64.add (i64.shl (local.get $a0) (i64.const 3)) (local.get $a1)))
              (if
                (i64.eq
                  (i64.load offset=HART.loadTlb.tag
                    (local.tee $t16
                      (i32.and
                        (i32.shr_u
                          (i32.wrap_i64 (local.tee $t14 (i64.add (local.get $t1) (i64.const 0))))
                          (i32.const 8))
                        (i32.const 16368))))
                  (i64.or (i64.and (local.get $t14) (i64.const -4089)) (local.get $dataContext)))
                (then
                  (local.set $t15
                    (i64.load
                      (i32.add
                        (i32.wrap_i64 (local.get $t14))
                        (i32.load offset=HART.loadTlb.addend (local.get $t16))))))
                (else
                  (local.set $t17
                    (call $regionLoad
                      (i32.const HART)
                      (local.get $t14)
                      (i64.const 8)
                      (i64.add (local.get $left) (i64.const 2))
                      (i64.const 0x80000004)))
                  (br_if 4 (i32.load offset=trapped (i32.const HART)))
                  (local.set $t15 (local.get $t17))))
              (local.set $t1 (local.get $t15))
              (local.set $target (i64.and (i64.add (local.get $t1) (i64.const 0)) (i64.const -2)))
              (block
                (block
                  (block
                    (local.set $t18
                      (i64.shr_u (i64.sub (local.get $target) (i64.const 0x8000000c)) (i64.const 1)))
                    (br_if 2 (i64.ge_u (local.get $t18) (i64.const 7)))
                    (br_table 1 2 2 2 0 2 3 2 (i32.wrap_i64 (local.get $t18))))
                  (local.set $left (i64.sub (local.get $left) (i64.const 1)))
                  (local.set $a2 (i64.add (local.get $a2) (i64.const 2)))
                  (br 2))
                (local.set $left (i64.sub (local.get $left) (i64.const 2)))
                (local.set $a2 (i64.add (local.get $a2) (i64.const 1)))
                (local.set $target (i64.and (i64.add (local.get $ra) (i64.const 0)) (i64.const -2)))
                (i64.store offset=t1 (i32.const HART) (local.get $t1))
                (i64.store offset=a2 (i32.const HART) (local.get $a2))
                (return (local.get $left) (local.get $target)))
              (i64.store offset=t1 (i32.const HART) (local.get $t1))
              (i64.store offset=a2 (i32.const HART) (local.get $a2))
              (return_call $dispatch
                (i32.const HART)
                (local.get $left)
                (local.get $target)
                (local.get $depth)))
            (local.set $left (i64.sub (local.get $left) (i64.const 2)))
            (local.set $a2 (i64.add (local.get $a2) (i64.const 3)))
            (local.set $t14 (i64.add (i64.const 0x8000001c) (i64.const -28)))
            (br 0))
          (unreachable))
        (i64.store offset=t1 (i32.const HART) (local.get $t1))
        (i64.store offset=a2 (i32.const HART) (local.get $a2))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t13)))
      (local.set $t19 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (i64.store offset=t1 (i32.const HART) (local.get $t1))
      (i64.store offset=a2 (i32.const HART) (local.get $a2))
      (if (i32.eq (local.get $t19) (i32.const 1))
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
  (i64.store offset=t1 (i32.const HART) (local.get $t1))
  (i64.store offset=a2 (i32.const HART) (local.get $a2))
  (local.get $left)
  (local.get $pc))
