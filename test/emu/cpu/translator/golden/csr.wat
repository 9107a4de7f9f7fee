;; csr: a CSR in the middle of a block, after which the engine may have to look
;;
;; entry:
;;   80000000  addi a0,a0,1
;;   80000004  csrrw a1,sscratch,a0
;;   80000008  addi a1,a1,1
;;   8000000c  jalr zero,0(ra)
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $a0 i64) (local $a1 i64) (local $fetchContext i64) (local $t11 i32) (local $t12 i64)
  (local $t13 i64) (local $t14 i64) (local $t15 i64) (local $t16 i64) (local $t17 i32)
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
  (block
    (block
      (block
        (block
          (if (i64.lt_u (local.get $left) (i64.const 4))
            (then
              (local.set $pc (i64.const 0x80000000))
              (br 4)))
          (local.set $left (i64.sub (local.get $left) (i64.const 4)))
          (local.set $a0 (i64.add (local.get $a0) (i64.const 1)))
          (local.set $t12 (local.get $a0))
          (local.set $t13 (i64.const 0x140515f3))
          (i64.store offset=tick
            (i32.const HART)
            (i64.sub
              (i64.load offset=stretchEnd (i32.const HART))
              (i64.add (local.get $left) (i64.const 3))))
          (i64.store offset=pc (i32.const HART) (i64.const 0x80000004))
          (local.set $t14
            (call $csrCheck (i32.const HART) (i64.const 320) (i64.const 1) (local.get $t13)))
          (if (i32.load offset=trapped (i32.const HART))
            (then
              (br 2)))
          (local.set $t15 (i64.const 0))
          (if (i64.ne (i64.and (i64.const 0x140515f3) (i64.const 3968)) (i64.const 0))
            (then
              (i64.store offset=tick
                (i32.const HART)
                (i64.sub
                  (i64.load offset=stretchEnd (i32.const HART))
                  (i64.add (local.get $left) (i64.const 3))))
              (i64.store offset=pc (i32.const HART) (i64.const 0x80000004))
              (local.set $t15 (call $csrRead (i32.const HART) (i64.const 320)))))
          (i64.store offset=tick
            (i32.const HART)
            (i64.sub
              (i64.load offset=stretchEnd (i32.const HART))
              (i64.add (local.get $left) (i64.const 3))))
          (i64.store offset=pc (i32.const HART) (i64.const 0x80000004))
          (local.set $t16 (call $csrWrite (i32.const HART) (i64.const 320) (local.get $t12)))
          (local.set $a1 (local.get $t15))
          (local.set $floatState
            (select
              (select
                (i32.const 3)
                (i32.const 1)
                (i32.and
                  (i64.ne
                    (i64.and (i64.load offset=fflags (i32.const HART)) (i64.const 1))
                    (i64.const 0))
                  (i64.eqz (i64.load offset=frm (i32.const HART)))))
              (i32.const 0)
              (i64.eq
                (i64.and (i64.load offset=mstatus (i32.const HART)) (i64.const 24576))
                (i64.const 24576))))
          (if
            (i32.or
              (i32.load offset=attention (i32.const HART))
              (i32.load offset=exitRequest (i32.const HART)))
            (then
              (local.set $left (i64.add (local.get $left) (i64.const 2)))
              (local.set $pc (i64.const 0x80000008))
              (br 3)))
          (local.set $a1 (i64.add (local.get $a1) (i64.const 1)))
          (local.set $target (i64.and (i64.add (local.get $ra) (i64.const 0)) (i64.const -2)))
          (i64.store offset=a0 (i32.const HART) (local.get $a0))
          (i64.store offset=a1 (i32.const HART) (local.get $a1))
          (return (local.get $left) (local.get $target))
          (unreachable))
        (i64.store offset=a0 (i32.const HART) (local.get $a0))
        (i64.store offset=a1 (i32.const HART) (local.get $a1))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t11)))
      (local.set $t17 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (i64.store offset=a0 (i32.const HART) (local.get $a0))
      (i64.store offset=a1 (i32.const HART) (local.get $a1))
      (if (i32.eq (local.get $t17) (i32.const 1))
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
  (local.get $left)
  (local.get $pc))
