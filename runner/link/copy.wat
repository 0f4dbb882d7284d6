;; The utf8-to-utf8 transcoder: copies between two memories, then looks for non-ASCII bytes, 16 at a time; only text that
;; has some asks the host whether it is UTF-8. `copy.ts` holds the bytes of this module: `scripts`-free, a test compares them.
(module
  (import "tenon" "from" (memory $from 0))
  (import "tenon" "to" (memory $to 0))
  (import "tenon" "valid" (func $valid (param i32 i32) (result i32)))
  (func (export "copy") (param $source i32) (param $length i32) (param $target i32)
    (local $at i32) (local $end i32)
    (memory.copy $to $from (local.get $target) (local.get $source) (local.get $length))
    (local.set $at (local.get $target))
    (local.set $end (i32.add (local.get $target) (local.get $length)))
    (block $other
      (if (i32.ge_u (local.get $length) (i32.const 16))
        (then
          (loop $next
            (br_if $other (i8x16.bitmask (v128.load $to (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br_if $next (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16))))
          ;; the last 16 bytes again, for the rest
          (br_if $other (i8x16.bitmask (v128.load $to (i32.sub (local.get $end) (i32.const 16)))))
          (return)))
      (if (i32.ge_u (local.get $length) (i32.const 8))
        (then
          (br_if $other
            (i64.ne (i64.const 0)
              (i64.and (i64.const 0x8080808080808080)
                (i64.or
                  (i64.load $to (local.get $at))
                  (i64.load $to (i32.sub (local.get $end) (i32.const 8)))))))
          (return)))
      (loop $next
        (if (i32.ne (local.get $at) (local.get $end))
          (then
            (br_if $other (i32.ge_u (i32.load8_u $to (local.get $at)) (i32.const 128)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next))))
      (return))
    (if (i32.eqz (call $valid (local.get $target) (local.get $length))) (then (unreachable)))))
