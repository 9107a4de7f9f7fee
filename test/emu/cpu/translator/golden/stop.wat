;; stop: an instruction after which the engine looks, always
;;
;; entry:
;;   80000000  addi a0,a0,1
;;   80000004  wfi
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $a0 i64)
  (local $fetchContext i64) (local $t9 i32) (local $t10 i64) (local $t11 i64) (local $t12 i32)
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
  (local.set $a0 (i64.load offset=a0 (i32.const HART)))
  (block
    (block
      (block
        (block
          (if (i64.lt_u (local.get $left) (i64.const 2))
            (then
              (local.set $pc (i64.const 0x80000000))
              (br 4)))
          (local.set $left (i64.sub (local.get $left) (i64.const 2)))
          (local.set $a0 (i64.add (local.get $a0) (i64.const 1)))
          (local.set $t10 (i64.const 0x10500073))
          (i64.store offset=tick
            (i32.const HART)
            (i64.sub
              (i64.load offset=stretchEnd (i32.const HART))
              (i64.add (local.get $left) (i64.const 1))))
          (i64.store offset=pc (i32.const HART) (i64.const 0x80000004))
          (local.set $t11 (call $wfi (i32.const HART) (local.get $t10)))
          (if (i32.load offset=trapped (i32.const HART))
            (then
              (br 2)))
          (i64.store offset=attention (i32.const HART) (i64.const 1))
          (if
            (i32.or
              (i32.load offset=attention (i32.const HART))
              (i32.load offset=exitRequest (i32.const HART)))
            (then
              (local.set $left (i64.add (local.get $left) (i64.const 0)))
              (local.set $pc (i64.const 0x80000008))
              (br 3)))
          (local.set $left (i64.add (local.get $left) (i64.const 0)))
          (local.set $pc (i64.const 0x80000008))
          (br 2)
          (unreachable)
          (unreachable))
        (i64.store offset=a0 (i32.const HART) (local.get $a0))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t9)))
      (local.set $t12 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (i64.store offset=a0 (i32.const HART) (local.get $a0))
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
  (i64.store offset=a0 (i32.const HART) (local.get $a0))
  (local.get $left)
  (local.get $pc))
