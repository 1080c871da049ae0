// Insertion sort: the and of the condition, the invariant j <= i - 1, and j >= -1 behind the loop prove every check.
// PASS: bounds, peephole
// CALL: @sort([3.0, 1.0, 2.0, 0.5]) leaves ([0.5, 1.0, 2.0, 3.0])
func.func @sort(%x: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %false = arith.constant false
  %n = memref.dim %x, %c0 : memref<?xf64>
  scf.for %i = %c1 to %n step %c1 {
    %p = irad.index %i, %n {axis = 0} : index
    %key = memref.load %x[%p] : memref<?xf64>
    %first = arith.subi %i, %c1 : index
    %last = scf.while (%j = %first) : (index) -> index {
      %inside = arith.cmpi sge, %j, %c0 : index
      %go = scf.if %inside -> (i1) {
        %q = irad.index %j, %n {axis = 0} : index
        %e = memref.load %x[%q] : memref<?xf64>
        %larger = arith.cmpf ogt, %e, %key : f64
        scf.yield %larger : i1
      } else {
        scf.yield %false : i1
      }
      scf.condition(%go) %j : index
    } do {
    ^bb0(%j: index):
      %q = irad.index %j, %n {axis = 0} : index
      %e = memref.load %x[%q] : memref<?xf64>
      %up = arith.addi %j, %c1 : index
      %r = irad.index %up, %n {axis = 0} : index
      memref.store %e, %x[%r] : memref<?xf64>
      %down = arith.subi %j, %c1 : index
      scf.yield %down : index
    }
    %up = arith.addi %last, %c1 : index
    %r = irad.index %up, %n {axis = 0} : index
    memref.store %key, %x[%r] : memref<?xf64>
  }
  func.return
}
// EXPECT:
func.func @sort(%x: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %false = arith.constant false
  %c-1 = arith.constant -1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  scf.for %i = %c1 to %n step %c1 {
    %key = memref.load %x[%i] : memref<?xf64>
    %first = arith.addi %i, %c-1 : index
    %last = scf.while (%j = %first) : (index) -> index {
      %inside = arith.cmpi sge, %j, %c0 : index
      %go = scf.if %inside -> (i1) {
        %e = memref.load %x[%j] : memref<?xf64>
        %larger = arith.cmpf ogt, %e, %key : f64
        scf.yield %larger : i1
      } else {
        scf.yield %false : i1
      }
      scf.condition(%go) %j : index
    } do {
    ^bb0(%j_0: index):
      %e_0 = memref.load %x[%j_0] : memref<?xf64>
      %up = arith.addi %j_0, %c1 : index
      memref.store %e_0, %x[%up] : memref<?xf64>
      %down = arith.addi %j_0, %c-1 : index
      scf.yield %down : index
    }
    %up_0 = arith.addi %last, %c1 : index
    memref.store %key, %x[%up_0] : memref<?xf64>
  }
  func.return
}

// -----
// Periodic neighbours: no check, no division.
// PASS: bounds, peephole
// CALL: @f([1.0, 2.0, 4.0], [0.0, 0.0, 0.0]) leaves ([1.0, 2.0, 4.0], [6.0, 5.0, 3.0])
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %m = memref.dim %y, %c0 : memref<?xf64>
  %same = arith.cmpi eq, %n, %m : index
  irad.check %same {error = "ValueError", message = "sizes"} : i1
  scf.for %i = %c0 to %n step %c1 {
    %up = arith.addi %i, %c1 : index
    %right = irad.floormodsi %up, %n : index
    %down = arith.subi %i, %c1 : index
    %left = irad.floormodsi %down, %n : index
    %p = irad.index %right, %n {axis = 0} : index
    %q = irad.index %left, %n {axis = 0} : index
    %r = irad.index %i, %m {axis = 0} : index
    %a = memref.load %x[%p] : memref<?xf64>
    %b = memref.load %x[%q] : memref<?xf64>
    %c = arith.addf %a, %b : f64
    memref.store %c, %y[%r] : memref<?xf64>
  }
  func.return
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c-1 = arith.constant -1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %m = memref.dim %y, %c0 : memref<?xf64>
  %same = arith.cmpi eq, %n, %m : index
  irad.check %same {error = "ValueError", message = "sizes"} : i1
  scf.for %i = %c0 to %n step %c1 {
    %up = arith.addi %i, %c1 : index
    %0 = arith.cmpi slt, %up, %n : index
    %1 = arith.subi %up, %n : index
    %2 = arith.select %0, %up, %1 : index
    %down = arith.addi %i, %c-1 : index
    %3 = arith.cmpi slt, %down, %c0 : index
    %4 = arith.addi %down, %n : index
    %5 = arith.select %3, %4, %down : index
    %a = memref.load %x[%2] : memref<?xf64>
    %b = memref.load %x[%5] : memref<?xf64>
    %c = arith.addf %a, %b : f64
    memref.store %c, %y[%i] : memref<?xf64>
  }
  func.return
}

// -----
// A position that grows by at most one in each trip stays below the counter; one that may be anywhere is checked.
// PASS: bounds, peephole
// CALL: @compact([1.0, -2.0, 3.0], [0.0, 0.0, 0.0]) == 2 leaves ([1.0, -2.0, 3.0], [1.0, 3.0, 0.0])
// CALL: @compact([1.0, -2.0, 3.0], [0.0]) raises IndexError leaves ([1.0, -2.0, 3.0], [1.0])
func.func @compact(%x: memref<?xf64>, %y: memref<?xf64>) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %m = memref.dim %y, %c0 : memref<?xf64>
  %k = scf.for %i = %c0 to %n step %c1 iter_args(%k = %c0) -> (index) {
    %e = memref.load %x[%i] : memref<?xf64>
    %keep = arith.cmpf ogt, %e, %zero : f64
    %next = scf.if %keep -> (index) {
      %inside = irad.index %k, %n {axis = 0} : index
      %d = memref.load %x[%inside] : memref<?xf64>
      %p = irad.index %k, %m {axis = 0} : index
      memref.store %e, %y[%p] : memref<?xf64>
      %more = arith.addi %k, %c1 : index
      scf.yield %more : index
    } else {
      scf.yield %k : index
    }
    scf.yield %next : index
  }
  func.return %k : index
}
// EXPECT:
func.func @compact(%x: memref<?xf64>, %y: memref<?xf64>) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %m = memref.dim %y, %c0 : memref<?xf64>
  %k = scf.for %i = %c0 to %n step %c1 iter_args(%k_0 = %c0) -> (index) {
    %e = memref.load %x[%i] : memref<?xf64>
    %keep = arith.cmpf ogt, %e, %zero : f64
    %next = scf.if %keep -> (index) {
      %p = irad.index %k_0, %m {axis = 0} : index
      memref.store %e, %y[%p] : memref<?xf64>
      %more = arith.addi %k_0, %c1 : index
      scf.yield %more : index
    } else {
      scf.yield %k_0 : index
    }
    scf.yield %next : index
  }
  func.return %k : index
}

// -----
// A condition that nobody tested: i < n, but n may be larger than the array, so both checks stay.
// PASS: bounds
// CALL: @f([1.0, 2.0, 3.0], 2) == 5.0
// CALL: @f([1.0, 2.0, 3.0], 3) raises IndexError
func.func @f(%x: memref<?xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %fits = arith.cmpi sle, %n, %size : index
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %up = arith.addi %i, %c1 : index
    %j = irad.index %up, %size {axis = 0} : index
    %e = memref.load %x[%j] : memref<?xf64>
    %b = arith.addf %a, %e : f64
    %back = arith.subi %j, %c1 : index
    %k = irad.index %back, %size {axis = 0} : index
    scf.yield %b : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %fits = arith.cmpi sle, %n, %size : index
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %up = arith.addi %i, %c1 : index
    %j = irad.index %up, %size {axis = 0} : index
    %e = memref.load %x[%j] : memref<?xf64>
    %b = arith.addf %a, %e : f64
    %back = arith.subi %j, %c1 : index
    %k = irad.index %back, %size {axis = 0} : index
    scf.yield %b : f64
  }
  func.return %s : f64
}

// -----
// Conditions around: the check inside the branch is proven, the one outside is not, and proves the next.
// PASS: bounds, peephole
// CALL: @f([1.0, 2.0, 3.0], 1) == 6.0
// CALL: @f([1.0, 2.0, 3.0], -4) raises IndexError
// CALL: @f([1.0, 2.0, 3.0], -1) == 6.0
func.func @f(%x: memref<?xf64>, %i: index) -> f64 {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %low = arith.cmpi sge, %i, %c0 : index
  %high = arith.cmpi slt, %i, %n : index
  %in = arith.andi %low, %high : i1
  %a = scf.if %in -> (f64) {
    %p = irad.index %i, %n {axis = 0} : index
    %e = memref.load %x[%p] : memref<?xf64>
    scf.yield %e : f64
  } else {
    scf.yield %zero : f64
  }
  %q = irad.index %i, %n {axis = 0} : index
  %b = memref.load %x[%q] : memref<?xf64>
  %negative = arith.cmpi slt, %q, %c0 : index
  %again = irad.index %q, %n {axis = 0} : index
  %c = memref.load %x[%again] : memref<?xf64>
  %d = arith.addf %b, %c : f64
  %e = arith.select %low, %d, %d : f64
  %two = arith.constant 2.0 : f64
  %r = scf.if %negative -> (f64) {
    scf.yield %zero : f64
  } else {
    %g = arith.subf %d, %a : f64
    %h = arith.addf %g, %a : f64
    %six = arith.constant 6.0 : f64
    %k = arith.cmpf oeq, %h, %zero : f64
    %l = arith.select %k, %h, %six : f64
    scf.yield %l : f64
  }
  func.return %r : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %i: index) -> f64 {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f64
  %six = arith.constant 6.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %low = arith.cmpi sge, %i, %c0 : index
  %high = arith.cmpi slt, %i, %n : index
  %in = arith.andi %low, %high : i1
  %a = scf.if %in -> (f64) {
    %e = memref.load %x[%i] : memref<?xf64>
    scf.yield %e : f64
  } else {
    scf.yield %zero : f64
  }
  %q = irad.index %i, %n {axis = 0} : index
  %b = memref.load %x[%q] : memref<?xf64>
  %c = memref.load %x[%q] : memref<?xf64>
  %d = arith.addf %b, %c : f64
  %g = arith.subf %d, %a : f64
  %h = arith.addf %g, %a : f64
  %k = arith.cmpf oeq, %h, %zero : f64
  %l = arith.select %k, %h, %six : f64
  func.return %l : f64
}
