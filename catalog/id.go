package catalog

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrInvalidID is returned for an ID that can't be the name of an entry's folder.
var ErrInvalidID = errors.New("invalid ID")

// ID is the identity of a worker as we name it: {worker type}-worker-rbee-v{version}-{platform}, with the architecture
// appended where it isn't the platform's usual one.
type ID struct {
	Type     WorkerType
	Version  Version
	Platform Platform
	Arch     Arch
}

// String is the text form, such as "cpu-llm-worker-rbee-v0.1.0-linux".
func (id ID) String() string {
	s := fmt.Sprintf("%s-v%s-%s", id.Type.BinaryName(), id.Version, id.Platform)
	if id.Arch != id.Platform.UsualArch() {
		s += "-" + string(id.Arch)
	}
	return s
}

// ParseID reads the text form of an ID. A foreign ID, one that String would not make, is an error: it is opaque.
func ParseID(s string) (ID, error) {
	foreign := fmt.Errorf("not an ID of ours: %q", s)
	slug, rest, ok := strings.Cut(s, idInfix+"-v")
	if !ok {
		return ID{}, foreign
	}
	id := ID{Type: WorkerType(slug)}
	head, last, _ := cutLast(rest, "-")
	id.Platform = Platform(last)
	id.Arch = id.Platform.UsualArch()
	if !id.Platform.Valid() {
		id.Arch = Arch(last)
		head, last, _ = cutLast(head, "-")
		id.Platform = Platform(last)
	}
	var err error
	if id.Version, err = ParseVersion(head); err != nil {
		return ID{}, foreign
	}
	if !id.Type.Valid() || !id.Platform.Valid() || !id.Arch.Valid() || id.String() != s {
		return ID{}, foreign
	}
	return id, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

var (
	idElement     = regexp.MustCompile(`^[A-Za-z0-9._+-]+$`)
	reservedNames = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// maxIDLength is what file systems allow a folder's name, less what a staging or lock file adds to it.
const maxIDLength = 200

// ValidateID returns an error that wraps ErrInvalidID unless id is one path element of [A-Za-z0-9._+-] that every
// platform can store.
func ValidateID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("%w: it is empty", ErrInvalidID)
	case len(id) > maxIDLength:
		return fmt.Errorf("%w %.40q…: longer than %d bytes", ErrInvalidID, id, maxIDLength)
	case !idElement.MatchString(id):
		return fmt.Errorf("%w %q: only letters, digits and . _ + - may stand in it", ErrInvalidID, id)
	case strings.HasPrefix(id, ".") || strings.HasSuffix(id, "."):
		return fmt.Errorf("%w %q: it begins or ends in a dot", ErrInvalidID, id)
	case reservedNames.MatchString(id):
		return fmt.Errorf("%w %q: Windows reserves this name", ErrInvalidID, id)
	default:
		return nil
	}
}
