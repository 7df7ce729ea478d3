package provisioner

// VerifyLevel is how closely an entry's files are looked at.
type VerifyLevel string

// The depths. Looking at sizes costs a few system calls a file and finds what was deleted, truncated or half copied; only reading
// every byte finds flipped bits.
const (
	VerifySize   VerifyLevel = "size"   // sizes, modes, links, and the executable's header
	VerifyDigest VerifyLevel = "digest" // the same, and every byte
)

// VerifyLevels lists both, the quicker first.
func VerifyLevels() []VerifyLevel { return []VerifyLevel{VerifySize, VerifyDigest} }
