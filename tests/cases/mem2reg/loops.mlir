// Elements are carried by a for and a while; what is read before it is written is zero.
// PASS: mem2reg, dce
// CALL: @f(2.0, 3) == 16.0
// CALL: @f(2.0, 0) == 2.0
func.func @f(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = memref.alloca() : memref<2xf64>
  memref.store %x, %m[%c0] : memref<2xf64>
  scf.for %i = %c0 to %n step %c1 {
    %a = memref.load %m[%c0] : memref<2xf64>
    %b = arith.addf %a, %a : f64
    memref.store %b, %m[%c0] : memref<2xf64>
  }
  %r = memref.load %m[%c0] : memref<2xf64>
  func.return %r : f64
}
// EXPECT:
func.func @f(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = scf.for %i = %c0 to %n step %c1 iter_args(%m_0 = %x) -> (f64) {
    %b = arith.addf %m_0, %m_0 : f64
    scf.yield %b : f64
  }
  func.return %m : f64
}

// -----
// PASS: mem2reg, dce
// CALL: @f(9.0) == 1.125
func.func @f(%x: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %half = arith.constant 0.5 : f64
  %two = arith.constant 2.0 : f64
  %m = memref.alloc() : memref<2xf64>
  memref.store %x, %m[%c0] : memref<2xf64>
  memref.store %half, %m[%c1] : memref<2xf64>
  scf.while : () -> () {
    %a = memref.load %m[%c0] : memref<2xf64>
    %go = arith.cmpf ogt, %a, %two : f64
    scf.condition(%go)
  } do {
    %a = memref.load %m[%c0] : memref<2xf64>
    %h = memref.load %m[%c1] : memref<2xf64>
    %b = arith.mulf %a, %h : f64
    memref.store %b, %m[%c0] : memref<2xf64>
    scf.yield
  }
  %r = memref.load %m[%c0] : memref<2xf64>
  func.return %r : f64
}
// EXPECT:
func.func @f(%x: f64) -> f64 {
  %half = arith.constant 0.5 : f64
  %two = arith.constant 2.0 : f64
  %m = scf.while (%m_0 = %x) : (f64) -> f64 {
    %go = arith.cmpf ogt, %m_0, %two : f64
    scf.condition(%go) %m_0 : f64
  } do {
  ^bb0(%m_1: f64):
    %b = arith.mulf %m_1, %half : f64
    scf.yield %b : f64
  }
  func.return %m : f64
}

// -----
// An index that is not constant keeps the array in memory.
// PASS: mem2reg
// CALL: @f(2.0, 1) == 2.0
func.func @f(%x: f64, %i: index) -> f64 {
  %m = memref.alloc() : memref<2xf64>
  memref.store %x, %m[%i] : memref<2xf64>
  %r = memref.load %m[%i] : memref<2xf64>
  func.return %r : f64
}
// EXPECT:
func.func @f(%x: f64, %i: index) -> f64 {
  %m = memref.alloc() : memref<2xf64>
  memref.store %x, %m[%i] : memref<2xf64>
  %r = memref.load %m[%i] : memref<2xf64>
  func.return %r : f64
}
