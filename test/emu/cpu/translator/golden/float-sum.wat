;; float-sum: floating point that is loaded, computed with and stored
;;
;; entry:
;;   80000000  fld fa0,0(a0)
;;   80000004  fadd.d fa1,fa1,fa0
;;   80000008  fsd fa1,8(a0)
;;   8000000c  jalr zero,0(ra)
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $a0 i64) (local $fa0 f64) (local $fa1 f64) (local $fetchContext i64) (local $t12 i32)
  (local $t13 i64) (local $t14 i64) (local $t15 i32) (local $t16 i64) (local $t17 f64)
  (local $t18 i64) (local $t19 i64) (local $t20 i32)
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
  (local.set $fa0 (f64.load offset=fa0 (i32.const HART)))
  (local.set $fa1 (f64.load offset=fa1 (i32.const HART)))
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
          (if (i64.lt_u (local.get $left) (i64.const 4))
            (then
              (local.set $pc (i64.const 0x80000000))
              (br 4)))
          (local.set $left (i64.sub (local.get $left) (i64.const 4)))
          (if (i32.eqz (local.get $floatState))
            (then
              (i64.store offset=tick
                (i32.const HART)
                (i64.sub
                  (i64.load offset=stretchEnd (i32.const HART))
                  (i64.add (local.get $left) (i64.const 4))))
              (i64.store offset=pc (i32.const HART) (i64.const 0x80000000))
              (i64.store offset=trapped (i32.const HART) (i64.const 2))
              (br 2)))
          (if
            (i64.eq
              (i64.load offset=HART.loadTlb.tag
                (local.tee $t15
                  (i32.and
                    (i32.shr_u
                      (i32.wrap_i64 (local.tee $t13 (i64.add (local.get $a0) (i64.const 0))))
                      (i32.const 8))
                    (i32.const 16368))))
              (i64.or (i64.and (local.get $t13) (i64.const -4089)) (local.get $dataContext)))
            (then
              (local.set $t14
                (i64.load
                  (i32.add
                    (i32.wrap_i64 (local.get $t13))
                    (i32.load offset=HART.loadTlb.addend (local.get $t15))))))
            (else
              (local.set $t16
                (call $regionLoad
                  (i32.const HART)
                  (local.get $t13)
                  (i64.const 8)
                  (i64.add (local.get $left) (i64.const 4))
                  (i64.const 0x80000000)))
              (br_if 2 (i32.load offset=trapped (i32.const HART)))
              (local.set $t14 (local.get $t16))))
          (local.set $fa0 (f64.reinterpret_i64 (local.get $t14)))
          (if (i32.eq (local.get $floatState) (i32.const 3))
            (then
              (if
                (i32.lt_u
                  (i32.wrap_i64
                    (i64.shr_u
                      (i64.reinterpret_f64
                        (local.tee $t17 (f64.add (local.get $fa1) (local.get $fa0))))
                      (i64.const 31)))
                  (i32.const -2097152))
                (then
                  (local.set $t14 (i64.reinterpret_f64 (local.get $t17))))
                (else
                  (local.set $t18 (i64.reinterpret_f64 (local.get $fa1)))
                  (local.set $t16 (i64.reinterpret_f64 (local.get $fa0)))
                  (local.set $t14
                    (local.tee $t19
                      (call $addD.host
                        (i32.const HART)
                        (i64.const 0)
                        (local.get $t18)
                        (local.get $t16))))))
              (local.set $fa1 (f64.reinterpret_i64 (local.get $t14))))
            (else
              (if
                (i64.eqz
                  (i64.and
                    (local.tee $t14 (i64.load offset=mstatus (i32.const HART)))
                    (i64.const 24576)))
                (then
                  (local.set $t19 (i64.const 0x2a5f5d3))
                  (i64.store offset=tick
                    (i32.const HART)
                    (i64.sub
                      (i64.load offset=stretchEnd (i32.const HART))
                      (i64.add (local.get $left) (i64.const 3))))
                  (i64.store offset=pc (i32.const HART) (i64.const 0x80000004))
                  (i64.store offset=trapped
                    (i32.const HART)
                    (i64.add
                      (call $takeTrap (i32.const HART) (i64.const 2) (local.get $t19))
                      (i64.const 1)))
                  (br 3)))
              (local.set $t19 (i64.load offset=frm (i32.const HART)))
              (if (i64.lt_u (i64.const 4) (local.get $t19))
                (then
                  (local.set $t16 (i64.const 0x2a5f5d3))
                  (i64.store offset=tick
                    (i32.const HART)
                    (i64.sub
                      (i64.load offset=stretchEnd (i32.const HART))
                      (i64.add (local.get $left) (i64.const 3))))
                  (i64.store offset=pc (i32.const HART) (i64.const 0x80000004))
                  (i64.store offset=trapped
                    (i32.const HART)
                    (i64.add
                      (call $takeTrap (i32.const HART) (i64.const 2) (local.get $t16))
                      (i64.const 1)))
                  (br 3)))
              (local.set $t16 (i64.reinterpret_f64 (local.get $fa1)))
              (local.set $t18 (i64.reinterpret_f64 (local.get $fa0)))
              (local.set $fa1
                (f64.reinterpret_i64
                  (call $addD.host
                    (i32.const HART)
                    (local.get $t19)
                    (local.get $t16)
                    (local.get $t18))))
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
          (if (i32.eqz (local.get $floatState))
            (then
              (i64.store offset=tick
                (i32.const HART)
                (i64.sub
                  (i64.load offset=stretchEnd (i32.const HART))
                  (i64.add (local.get $left) (i64.const 2))))
              (i64.store offset=pc (i32.const HART) (i64.const 0x80000008))
              (i64.store offset=trapped (i32.const HART) (i64.const 2))
              (br 2)))
          (local.set $t13 (i64.add (local.get $a0) (i64.const 8)))
          (local.set $t14 (i64.reinterpret_f64 (local.get $fa1)))
          (if
            (i64.eq
              (i64.load offset=HART.storeTlb.tag
                (local.tee $t15
                  (i32.and
                    (i32.shr_u (i32.wrap_i64 (local.get $t13)) (i32.const 8))
                    (i32.const 16368))))
              (i64.or (i64.and (local.get $t13) (i64.const -4089)) (local.get $dataContext)))
            (then
              (i64.store
                (i32.add
                  (i32.wrap_i64 (local.get $t13))
                  (i32.load offset=HART.storeTlb.addend (local.get $t15)))
                (local.get $t14)))
            (else
              (drop
                (call $regionStore
                  (i32.const HART)
                  (local.get $t13)
                  (i64.const 8)
                  (local.get $t14)
                  (i64.add (local.get $left) (i64.const 2))
                  (i64.const 0x80000008)))
              (br_if 2 (i32.load offset=trapped (i32.const HART)))))
          (local.set $target (i64.and (i64.add (local.get $ra) (i64.const 0)) (i64.const -2)))
          (f64.store offset=fa0 (i32.const HART) (local.get $fa0))
          (f64.store offset=fa1 (i32.const HART) (local.get $fa1))
          (return (local.get $left) (local.get $target))
          (unreachable))
        (f64.store offset=fa0 (i32.const HART) (local.get $fa0))
        (f64.store offset=fa1 (i32.const HART) (local.get $fa1))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t12)))
      (local.set $t20 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (f64.store offset=fa0 (i32.const HART) (local.get $fa0))
      (f64.store offset=fa1 (i32.const HART) (local.get $fa1))
      (if (i32.eq (local.get $t20) (i32.const 1))
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
  (f64.store offset=fa1 (i32.const HART) (local.get $fa1))
  (local.get $left)
  (local.get $pc))
