// Package wire translates between the contract of vendors (package provisioner) and the messages of vendor.proto.
//
// Each type has a pair of functions: Encode for the sender and Decode for the receiver. The Decode functions for
// answers check the shape of every value, because the host trusts no vendor: names, versions, digests, sizes, and the
// number of answers. They do not decide whether an answer is true. A test fills every field of the contract and fails
// if one is lost on the way.
package wire

// MaxAnswers is the highest number of releases and rejections together in one Resolve, and of files in one Fetch.
const MaxAnswers = 10_000
