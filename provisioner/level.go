package provisioner

// VerifyLevel is how closely an entry's files are verified.
type VerifyLevel string

// The levels. VerifySize costs a few system calls for each file and finds what was deleted, truncated or half copied.
// Only VerifyDigest, which reads every byte, finds flipped bits.
const (
	VerifySize   VerifyLevel = "size"   // sizes, modes, links, and the executable's header
	VerifyDigest VerifyLevel = "digest" // the same, and every byte
)

// VerifyLevels lists the levels, the quicker one first.
func VerifyLevels() []VerifyLevel { return []VerifyLevel{VerifySize, VerifyDigest} }
