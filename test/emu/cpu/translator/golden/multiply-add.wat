;; multiply-add: floating point by the host in the steady state, and as it is otherwise
;;
;; entry:
;;   80000000  fmadd.d fa0,fa1,fa2,fa0
;;   80000004  jalr zero,0(ra)
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $fa0 f64) (local $fa1 f64) (local $fa2 f64) (local $fetchContext i64) (local $t12 i32)
  (local $t13 f64) (local $t14 i64) (local $t15 i64) (local $t16 i64) (local $t17 i64)
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
  (local.set $fa0 (f64.load offset=fa0 (i32.const HART)))
  (local.set $fa1 (f64.load offset=fa1 (i32.const HART)))
  (local.set $fa2 (f64.load offset=fa2 (i32.const HART)))
  (local.set $floatState
    (select
      (select
        (i32.const 3)
        (i32.const 1)
        (i32.and
          (i64.ne (i64.and (i64.load offset=fflags (i32.const HART)) (i64.const 1)) (i64.const 0))
          (i64.eqz (i64.load offset=frm (i32.const HART)))))
      (i32.const 0)
      (i64.eq
        (i64.and (i64.load offset=mstatus (i32.const HART)) (i64.const 24576))
        (i64.const 24576))))
  (block
    (block
      (block
        (block
          (if (i64.lt_u (local.get $left) (i64.const 2))
            (then
              (local.set $pc (i64.const 0x80000000))
              (br 4)))
          (local.set $left (i64.sub (local.get $left) (i64.const 2)))
          (if (i32.eq (local.get $floatState) (i32.const 3))
            (then
              (if
                (i32.lt_u
                  (i32.sub
                    (i32.wrap_i64
                      (i64.shr_u
                        (i64.reinterpret_f64
                          (local.tee $t13
                            (f64x2.extract_lane 0
                              (f64x2.relaxed_madd
                                (f64x2.splat (local.get $fa1))
                                (f64x2.splat (local.get $fa2))
                                (f64x2.splat (local.get $fa0))))))
                        (i64.const 31)))
                    (i32.const 0x400000))
                  (i32.const -6291456))
                (then
                  (local.set $t14 (i64.reinterpret_f64 (local.get $t13))))
                (else
                  (local.set $t15 (i64.reinterpret_f64 (local.get $fa1)))
                  (local.set $t16 (i64.reinterpret_f64 (local.get $fa2)))
                  (local.set $t17 (i64.reinterpret_f64 (local.get $fa0)))
                  (local.set $t14
                    (local.tee $t18
                      (call $fmaD.host
                        (i32.const HART)
                        (i64.const 0)
                        (local.get $t15)
                        (local.get $t16)
                        (local.get $t17))))))
              (local.set $fa0 (f64.reinterpret_i64 (local.get $t14))))
            (else
              (if
                (i64.eqz
                  (i64.and
                    (local.tee $t14 (i64.load offset=mstatus (i32.const HART)))
                    (i64.const 24576)))
                (then
                  (local.set $t18 (i64.const 0x52c5f543))
                  (i64.store offset=tick
                    (i32.const HART)
                    (i64.sub
                      (i64.load offset=stretchEnd (i32.const HART))
                      (i64.add (local.get $left) (i64.const 2))))
                  (i64.store offset=pc (i32.const HART) (i64.const 0x80000000))
                  (i64.store offset=trapped
                    (i32.const HART)
                    (i64.add
                      (call $takeTrap (i32.const HART) (i64.const 2) (local.get $t18))
                      (i64.const 1)))
                  (br 3)))
              (local.set $t18 (i64.load offset=frm (i32.const HART)))
              (if (i64.lt_u (i64.const 4) (local.get $t18))
                (then
                  (local.set $t17 (i64.const 0x52c5f543))
                  (i64.store offset=tick
                    (i32.const HART)
                    (i64.sub
                      (i64.load offset=stretchEnd (i32.const HART))
                      (i64.add (local.get $left) (i64.const 2))))
                  (i64.store offset=pc (i32.const HART) (i64.const 0x80000000))
                  (i64.store offset=trapped
                    (i32.const HART)
                    (i64.add
                      (call $takeTrap (i32.const HART) (i64.const 2) (local.get $t17))
                      (i64.const 1)))
                  (br 3)))
              (local.set $t17 (i64.reinterpret_f64 (local.get $fa1)))
              (local.set $t16 (i64.reinterpret_f64 (local.get $fa2)))
              (local.set $t15 (i64.reinterpret_f64 (local.get $fa0)))
              (local.set $fa0
                (f64.reinterpret_i64
                  (call $fmaD.host
                    (i32.const HART)
                    (local.get $t18)
                    (local.get $t17)
                    (local.get $t16)
                    (local.get $t15))))
              (i64.store offset=mstatus
                (i32.const HART)
                (i64.or (local.get $t14) (i64.const 24576)))
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
                    (i64.const 24576))))))
          (local.set $target (i64.and (i64.add (local.get $ra) (i64.const 0)) (i64.const -2)))
          (f64.store offset=fa0 (i32.const HART) (local.get $fa0))
          (return (local.get $left) (local.get $target))
          (unreachable))
        (f64.store offset=fa0 (i32.const HART) (local.get $fa0))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t12)))
      (local.set $t19 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (f64.store offset=fa0 (i32.const HART) (local.get $fa0))
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
  (f64.store offset=fa0 (i32.const HART) (local.get $fa0))
  (local.get $left)
  (local.get $pc))
