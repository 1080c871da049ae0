// A forward loop that carries a value in memory, before a reverse one of independent iterations: together they run forwards.
// PASS: fuse-loops
// CALL: @f([1.0, 2.0, 3.0], [0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 3) leaves ([1.0, 2.0, 3.0], [6.0], [0.0, 1.0, 3.0], [2.0, 4.0, 6.0], 3)
func.func @f(%x: memref<?xf64>, %s: memref<?xf64>, %t: memref<?xf64>, %d: memref<?xf64>, %n: index) attributes {irad.noalias} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %a = memref.load %x[%i] : memref<?xf64>
    %b = memref.load %s[%c0] : memref<?xf64>
    memref.store %b, %t[%i] : memref<?xf64>
    %e = arith.addf %a, %b : f64
    memref.store %e, %s[%c0] : memref<?xf64>
  }
  scf.for %j = %c0 to %n step %c1 {
    %g = memref.load %x[%j] : memref<?xf64>
    %h = arith.addf %g, %g : f64
    memref.store %h, %d[%j] : memref<?xf64>
  } {irad.reversed}
  func.return
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %s: memref<?xf64>, %t: memref<?xf64>, %d: memref<?xf64>, %n: index) attributes {irad.noalias} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %a = memref.load %x[%i] : memref<?xf64>
    %b = memref.load %s[%c0] : memref<?xf64>
    memref.store %b, %t[%i] : memref<?xf64>
    %e = arith.addf %a, %b : f64
    memref.store %e, %s[%c0] : memref<?xf64>
    %g = memref.load %x[%i] : memref<?xf64>
    %h = arith.addf %g, %g : f64
    memref.store %h, %d[%i] : memref<?xf64>
  }
  func.return
}
