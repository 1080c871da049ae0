// What is computed outside serves inside; what is computed in one branch does not serve the other. Flags are part of an operation.
// PASS: cse
// CALL: @f(1.0, 1) ~= 1.6829419696157930
// CALL: @f(1.0, 0) ~= 1.3817732906760363
func.func @f(%x: f64, %c: i1) -> f64 {
  %s = math.sin %x : f64
  %r = scf.if %c -> (f64) {
    %t = math.sin %x : f64
    %u = arith.addf %s, %t : f64
    scf.yield %u : f64
  } else {
    %k = math.cos %x : f64
    %u = arith.addf %s, %k : f64
    scf.yield %u : f64
  }
  func.return %r : f64
}
// EXPECT:
func.func @f(%x: f64, %c: i1) -> f64 {
  %s = math.sin %x : f64
  %r = scf.if %c -> (f64) {
    %u = arith.addf %s, %s : f64
    scf.yield %u : f64
  } else {
    %k = math.cos %x : f64
    %u_0 = arith.addf %s, %k : f64
    scf.yield %u_0 : f64
  }
  func.return %r : f64
}
