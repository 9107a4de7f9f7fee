;; split: an instruction that lies in two pages
;;
;; entry:
;;   80000ffe  addi a0,a0,1
;;
;;   80001002  bne a0,a1,0x80000ffe
;;
;;   80001006  jalr zero,0(ra)
(func $region_80000ffe (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $a0 i64) (local $a1 i64) (local $fetchContext i64) (local $t11 i32) (local $t12 i32)
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
          (loop
            (if
              (i32.eqz
                (i32.and
                  (i64.eq
                    (i64.load offset=fetchTlb.tag (i32.const HART))
                    (i64.or (local.get $fetchContext) (i64.const 0x80000000)))
                  (i32.eq (i32.load offset=fetchTlb.page (i32.const HART)) (i32.const 0x80000))))
              (then
                (local.set $pc (i64.const 0x80000ffe))
                (br 5)))
            (if
              (i32.eqz
                (i32.and
                  (i64.eq
                    (i64.load offset=fetchTlb[1].tag (i32.const HART))
                    (i64.or (local.get $fetchContext) (i64.const 0x80001000)))
                  (i32.eq (i32.load offset=fetchTlb[1].page (i32.const HART)) (i32.const 0x80001))))
              (then
                (local.set $pc (i64.const 0x80000ffe))
                (br 5)))
            (if (i64.lt_u (local.get $left) (i64.const 3))
              (then
                (local.set $pc (i64.const 0x80000ffe))
                (br 5)))
            (local.set $left (i64.sub (local.get $left) (i64.const 1)))
            (local.set $a0 (i64.add (local.get $a0) (i64.const 1)))
            (local.set $left (i64.sub (local.get $left) (i64.const 1)))
            (br_if 0 (i64.ne (local.get $a0) (local.get $a1)))
            (local.set $left (i64.sub (local.get $left) (i64.const 1)))
            (local.set $target (i64.and (i64.add (local.get $ra) (i64.const 0)) (i64.const -2)))
            (i64.store offset=a0 (i32.const HART) (local.get $a0))
            (return (local.get $left) (local.get $target)))
          (unreachable))
        (i64.store offset=a0 (i32.const HART) (local.get $a0))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t11)))
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
