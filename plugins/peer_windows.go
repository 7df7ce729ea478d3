package plugins

import "errors"

// peerOfSocket is not asked: on Windows host and vendor know each other by certificates, see secured.
func peerOfSocket(int) (peer, error) { return peer{}, errors.ErrUnsupported }

func hostPIDs() []int { return nil }
