// Package admission decides who gets in and what they may cost. Each request and each connection has a cost that
// is known before it is paid, a bound, and a budget by connection, by address and of the whole; what goes beyond
// is refused with a reason that is counted, logged and sent to the client.
//
// A client passes in this order: its connection ([Admission.AdmitConnection]); each request, before it is parsed
// ([Admission.ChargeRequest]); the place of a stream, a poll or an answer ([Admission.Admit]); and what the request asks
// for, once that is known ([Admission.Charge], or [Admission.ChargeDelay] for callers that may not wait).
package admission
