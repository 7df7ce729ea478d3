// Package progress interprets what a vendor reports during a Fetch: whether it gets any further (StallFilter), and how
// fast (RateMeter).
//
// It measures nothing itself: a vendor that reports wrong numbers gets a wrong rate, and nothing else.
package progress
