;; last-call: a call that nothing is known to come after
;;
;; entry:
;;   80000000  auipc t0,0x0
;;   80000004  addi t0,t0,0
;;   80000008  jalr ra,0(t0)
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $t0 i64) (local $fetchContext i64) (local $t10 i32) (local $t11 i64) (local $t12 i32)
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
  (local.set $t0 (i64.load offset=t0 (i32.const HART)))
  (block
    (block
      (block
        (block
          (if (i64.lt_u (local.get $left) (i64.const 3))
            (then
              (local.set $pc (i64.const 0x80000000))
              (br 4)))
          (local.set $left (i64.sub (local.get $left) (i64.const 3)))
          (local.set $t0 (i64.add (i64.const 0x80000000) (i64.const 0)))
          (local.set $t0 (i64.add (local.get $t0) (i64.const 0)))
          (local.set $t11 (i64.and (i64.add (local.get $t0) (i64.const 0)) (i64.const -2)))
          (local.set $ra (i64.const 0x8000000c))
          (local.set $target (local.get $t11))
          (i64.store offset=ra (i32.const HART) (local.get $ra))
          (i64.store offset=t0 (i32.const HART) (local.get $t0))
          (return_call $dispatch
            (i32.const HART)
            (local.get $left)
            (local.get $target)
            (local.get $depth))
          (unreachable))
        (i64.store offset=ra (i32.const HART) (local.get $ra))
        (i64.store offset=t0 (i32.const HART) (local.get $t0))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t10)))
      (local.set $t12 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (i64.store offset=ra (i32.const HART) (local.get $ra))
      (i64.store offset=t0 (i32.const HART) (local.get $t0))
      (if (i32.eq (local.get $t12) (i32.const 1))
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
  (i64.store offset=ra (i32.const HART) (local.get $ra))
  (i64.store offset=t0 (i32.const HART) (local.get $t0))
  (local.get $left)
  (local.get $pc))
