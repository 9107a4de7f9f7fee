;; self: a jump to itself
;;
;; entry:
;;   80000000  jal zero,0x80000000
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $fetchContext i64)
  (local $t8 i32) (local $t9 i64) (local $t10 i32)
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
  (block
    (block
      (block
        (block
          (loop
            (if (i64.lt_u (local.get $left) (i64.const 1))
              (then
                (local.set $pc (i64.const 0x80000000))
                (br 5)))
            (local.set $left (i64.sub (local.get $left) (i64.const 1)))
            (local.set $t9 (i64.add (i64.const 0x80000000) (i64.const 0)))
            (br 0))
          (unreachable))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t8)))
      (local.set $t10 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (if (i32.eq (local.get $t10) (i32.const 1))
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
  (local.get $left)
  (local.get $pc))
