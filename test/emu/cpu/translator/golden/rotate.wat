;; rotate: words of 32 bits: known as such once they have been written in the block
;;
;; entry:
;;   80000000  srliw a1,a0,0x6
;;   80000004  slliw a2,a0,0x1a
;;   80000008  or a1,a1,a2
;;   8000000c  xor a0,a0,a1
;;   80000010  xor a2,a1,a2
;;   80000014  jalr zero,0(ra)
(func $region_80000000 (param $hart i32) (param $left i64) (param $pc i64) (param $depth i32) (result i64 i64)
  (local $dataContext i64) (local $floatState i32) (local $target i64) (local $ra i64)
  (local $a0 i64) (local $a1 i64) (local $a2 i64) (local $fetchContext i64) (local $t12 i32)
  (local $t13 i32)
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
          (if (i64.lt_u (local.get $left) (i64.const 6))
            (then
              (local.set $pc (i64.const 0x80000000))
              (br 4)))
          (local.set $left (i64.sub (local.get $left) (i64.const 6)))
          (local.set $a1
            (i64.extend_i32_s
              (i32.shr_u (i32.wrap_i64 (local.get $a0)) (i32.wrap_i64 (i64.const 6)))))
          (local.set $a2
            (i64.extend_i32_s
              (i32.shl (i32.wrap_i64 (local.get $a0)) (i32.wrap_i64 (i64.const 26)))))
          (local.set $a1
            (i64.extend_i32_s
              (i32.or (i32.wrap_i64 (local.get $a1)) (i32.wrap_i64 (local.get $a2)))))
          (local.set $a0 (i64.xor (local.get $a0) (local.get $a1)))
          (local.set $a2
            (i64.extend_i32_s
              (i32.xor (i32.wrap_i64 (local.get $a1)) (i32.wrap_i64 (local.get $a2)))))
          (local.set $target (i64.and (i64.add (local.get $ra) (i64.const 0)) (i64.const -2)))
          (i64.store offset=a0 (i32.const HART) (local.get $a0))
          (i64.store offset=a1 (i32.const HART) (local.get $a1))
          (i64.store offset=a2 (i32.const HART) (local.get $a2))
          (return (local.get $left) (local.get $target))
          (unreachable))
        (i64.store offset=a0 (i32.const HART) (local.get $a0))
        (i64.store offset=a1 (i32.const HART) (local.get $a1))
        (i64.store offset=a2 (i32.const HART) (local.get $a2))
        (return_call_indirect (param i32 i64 i64 i32) (result i64 i64)
          (i32.const HART)
          (local.get $left)
          (local.get $pc)
          (local.get $depth)
          (local.get $t12)))
      (local.set $t13 (i32.load offset=trapped (i32.const HART)))
      (i64.store offset=trapped (i32.const HART) (i64.const 0))
      (i64.store offset=a0 (i32.const HART) (local.get $a0))
      (i64.store offset=a1 (i32.const HART) (local.get $a1))
      (i64.store offset=a2 (i32.const HART) (local.get $a2))
      (if (i32.eq (local.get $t13) (i32.const 1))
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
  (local.get $left)
  (local.get $pc))
