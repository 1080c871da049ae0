// Loops that do not run give back what they were given; steps skip; reversed loops run the same iterations, last first.
// CALL: @powers(2.0, 0) == 1.0
// CALL: @powers(2.0, 5) == 32.0
// CALL: @powers(2.0, -3) == 1.0
func.func @powers(%x: f64, %n: index) -> f64 {
  %one = arith.constant 1.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %p = scf.for %i = %c0 to %n step %c1 iter_args(%a = %one) -> (f64) {
    %b = arith.mulf %a, %x : f64
    scf.yield %b : f64
  }
  func.return %p : f64
}

// CALL: @visited(2, 11, 3, [0, 0, 0, 0]) == 3 leaves (2, 11, 3, [2, 5, 8, 0])
// CALL: @visited(5, 5, 1, [0]) == 0 leaves (5, 5, 1, [0])
func.func @visited(%from: index, %to: index, %step: index, %x: memref<?xindex>) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %k = scf.for %i = %from to %to step %step iter_args(%k = %c0) -> (index) {
    memref.store %i, %x[%k] : memref<?xindex>
    %next = arith.addi %k, %c1 : index
    scf.yield %next : index
  }
  func.return %k : index
}

// CALL: @backwards(2, 11, 3, [0, 0, 0, 0]) == 3 leaves (2, 11, 3, [8, 5, 2, 0])
// CALL: @backwards(2, 12, 3, [0, 0, 0, 0]) == 4 leaves (2, 12, 3, [11, 8, 5, 2])
func.func @backwards(%from: index, %to: index, %step: index, %x: memref<?xindex>) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %k = scf.for %i = %from to %to step %step iter_args(%k = %c0) -> (index) {
    memref.store %i, %x[%k] : memref<?xindex>
    %next = arith.addi %k, %c1 : index
    scf.yield %next : index
  } {irad.reversed}
  func.return %k : index
}

// -----
// The before-region of a while runs once more than the after-region, and what its condition hands on is the result.
// CALL: @halve(24.0) == 0.75, 22.5
// CALL: @halve(1.0) == 0.5, 0.0
func.func @halve(%x: f64) -> (f64, f64) {
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %half = arith.constant 0.5 : f64
  %last, %sum = scf.while (%a = %x, %s = %zero) : (f64, f64) -> (f64, f64) {
    %h = arith.mulf %a, %half : f64
    %c = arith.cmpf oge, %h, %one : f64
    scf.condition(%c) %h, %s : f64, f64
  } do {
  ^bb0(%h: f64, %s: f64):
    %t = arith.addf %s, %h : f64
    scf.yield %h, %t : f64, f64
  }
  func.return %last, %sum : f64, f64
}

// -----
// Memrefs can be carried by loops and chosen by branches: two buffers that swap places.
// CALL: @relax([0.0, 8.0, 0.0], [0.0, 1.0, 0.0], 1) == 0.0 leaves ([0.0, 8.0, 0.0], [0.0, 0.0, 0.0], 1)
// CALL: @relax([4.0, 8.0, 4.0], [4.0, 0.0, 4.0], 2) == 4.0 leaves ([4.0, 4.0, 4.0], [4.0, 4.0, 4.0], 2)
func.func @relax(%x: memref<?xf64>, %y: memref<?xf64>, %n: index) -> f64 {
  %half = arith.constant 0.5 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %now, %then = scf.for %t = %c0 to %n step %c1 iter_args(%a = %x, %b = %y) -> (memref<?xf64>, memref<?xf64>) {
    %l = memref.load %a[%c0] : memref<?xf64>
    %r = memref.load %a[%c2] : memref<?xf64>
    %s = arith.addf %l, %r : f64
    %m = arith.mulf %half, %s : f64
    memref.store %m, %b[%c1] : memref<?xf64>
    scf.yield %b, %a : memref<?xf64>, memref<?xf64>
  }
  %v = memref.load %now[%c1] : memref<?xf64>
  func.return %v : f64
}

// -----
// Recursion, and calls that return two results.
// CALL: @fibonacci(10) == 55, 34
// CALL: @fibonacci(0) == 0, 1
func.func @fibonacci(%n: index) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.cmpi eq, %n, %c0 : index
  %f, %g = scf.if %end -> (index, index) {
    scf.yield %c0, %c1 : index, index
  } else {
    %m = arith.subi %n, %c1 : index
    %a, %b = func.call @fibonacci(%m) : (index) -> (index, index)
    %s = arith.addi %a, %b : index
    scf.yield %s, %a : index, index
  }
  func.return %f, %g : index, index
}
