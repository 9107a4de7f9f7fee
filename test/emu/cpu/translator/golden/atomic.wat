;; atomic: an atomic, which may write to code
;;
;; entry:
;;   80000000  amoadd.w a0,a1,(a2)
;;   80000004  jalr zero,0(ra)
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $a0 i64) (local $a1 i64) (local $a2 i64) (local $fetchContext i64) (local $t12 i32)
  (local $t13 i64) (local $t14 i64) (local $t15 i32) (local $t16 i32) (local $t17 i32)
  (local $t18 i64) (local $t19 i64) (local $t20 i32) (local $t21 i32) (local $t22 i32)
  (local $t23 i32)
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
  (block
    (block
      (block
        (block
          (if (i64.lt_u (local.get $left) (i64.const 2))
            (then
              (local.set $pc (i64.const 0x80000000))
              (br 4)))
          (local.set $left (i64.sub (local.get $left) (i64.const 2)))
          (local.set $t13 (local.get $a1))
          (local.set $t14 (local.get $a2))
          (local.set $t16 (i32.const 1))
          (if
            (i64.eq
              (i64.load offset=HART.storeTlb.tag
                (local.tee $t17
                  (i32.and
                    (i32.shr_u (i32.wrap_i64 (local.get $t14)) (i32.const 8))
                    (i32.const 16368))))
              (i64.or (i64.and (local.get $t14) (i64.const -4093)) (local.get $dataContext)))
            (then
              (local.set $t15
                (i32.add
                  (i32.wrap_i64 (local.get $t14))
                  (i32.load offset=HART.storeTlb.addend (local.get $t17)))))
            (else
              (i64.store offset=tick
                (i32.const HART)
                (i64.sub
                  (i64.load offset=stretchEnd (i32.const HART))
                  (i64.add (local.get $left) (i64.const 2))))
              (i64.store offset=pc (i32.const HART) (i64.const 0x80000000))
              (local.set $t18
                (call $amoTranslate (i32.const HART) (local.get $t14) (i64.const 4) (i64.const 1)))
              (if (i32.load offset=trapped (i32.const HART))
                (then
                  (br 3)))
              (local.set $t15 (i32.add (i32.wrap_i64 (local.get $t18)) (i32.const -2145976320)))
              (local.set $t16 (i32.const 0))))
          (local.set $t19
            (i64.add (local.tee $t18 (i64.load32_s (local.get $t15))) (local.get $t13)))
          (i64.store32 (local.get $t15) (local.get $t19))
          (if (i32.eqz (local.get $t16))
            (then
              (local.set $t22
                (i32.load8_u offset=1458176
                  (local.tee $t21
                    (i32.shr_u
                      (local.tee $t20 (i32.sub (local.get $t15) (i32.const 0x170000)))
                      (i32.const 12)))))
              (i32.store8 offset=1458176 (local.get $t21) (i32.or (local.get $t22) (i32.const 1)))
              (if (i32.and (local.get $t22) (i32.const 2))
                (then
                  (if
                    (i32.eqz
                      (i64.eqz
                        (i64.and
                          (i64.load offset=1458464 (i32.shl (local.get $t21) (i32.const 3)))
                          (i64.or
                            (i64.shl
                              (i64.const 1)
                              (i64.extend_i32_u (i32.shr_u (local.get $t20) (i32.const 6))))
                            (i64.shl
                              (i64.const 1)
                              (i64.extend_i32_u
                                (i32.shr_u (i32.add (local.get $t20) (i32.const 3)) (i32.const 6))))))))
                    (then
                      (call $written (local.get $t20) (i32.const 4))
                      (i64.store offset=attention (i32.const HART) (i64.const 1))))))))
          (local.set $a0 (local.get $t18))
          (if
            (i32.or
              (i32.load offset=attention (i32.const HART))
              (i32.load offset=exitRequest (i32.const HART)))
            (then
              (local.set $left (i64.add (local.get $left) (i64.const 1)))
              (local.set $pc (i64.const 0x80000004))
              (br 3)))
          (local.set $target (i64.and (i64.add (local.get $ra) (i64.const 0)) (i64.const -2)))
          (i64.store offset=a0 (i32.const HART) (local.get $a0))
          (return (local.get $left) (local.get $target))
          (unreachable))
        (i64.store offset=a0 (i32.const HART) (local.get $a0))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t12)))
      (local.set $t23 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (i64.store offset=a0 (i32.const HART) (local.get $a0))
      (if (i32.eq (local.get $t23) (i32.const 1))
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
  (local.get $left)
  (local.get $pc))
