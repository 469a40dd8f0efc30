// Toss Payments, SDK v2: TossPayments(clientKey).payment({ customerKey }).requestPayment(params).
// With successUrl and failUrl it leads the top window there; without them (PC only) it answers a promise.
GLUE.TossPayments = function (TossPayments, open, context) {
  const params = Object.assign({}, open.params);
  // A registration (requestBillingAuth) has no promise mode.
  if (context.promise && open.call === "payment.requestPayment") {
    delete params.successUrl;
    delete params.failUrl;
  }
  const customerKey = open.customerKey || TossPayments.ANONYMOUS;
  const members = open.call.split(".");
  const method = members.pop();
  const payment = members.reduce(function (at, name) { return at[name]({ customerKey: customerKey }); },
    TossPayments(open.clientKey));
  payment[method](params).then(function (paid) {
    if (context.promise && paid) {
      context.success({
        paymentType: paid.paymentType,
        paymentKey: paid.paymentKey,
        orderId: paid.orderId,
        amount: paid.amount.value,
      });
    }
  }, function (error) {
    // Closing the overlay, a refused method, a wrong key: Toss tells only the page, so the page tells the router.
    context.fail(Object.assign(errorQuery(error), { orderId: open.params.orderId }));
  });
  return {
    remove: function () {
      if (typeof payment.destroy === "function") {
        payment.destroy();
      }
    },
  };
};
