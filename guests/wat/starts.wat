;; A start function that asks the host.
(component
  (import "test:host/calls" (instance $host (export "wait" (func (param "x" u32) (result u32)))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $m
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (global $answer (mut i32) (i32.const 0))
    (func $start (global.set $answer (call $wait (i32.const 1))))
    (start $start)
    (func (export "answer") (result i32) (global.get $answer)))
  (core instance $i (instantiate $m (with "host" (instance (export "wait" (func $wait))))))
  (func (export "answer") (result u32) (canon lift (core func $i "answer"))))
