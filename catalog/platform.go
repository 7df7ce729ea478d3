package catalog

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/rbee-keeper/provision/catalog/internal/record"
)

// Platform is an operating system that workers run on. Its text form is "linux", "macos" or "windows"; a record spells
// it "Linux", "MacOS" or "Windows", as the Rust hive does.
type Platform string

// The platforms that have workers.
const (
	Linux   Platform = "linux"
	MacOS   Platform = "macos"
	Windows Platform = "windows"
)

// platformNames gives each platform's spelling in a record and its usual architecture: the one an ID leaves out.
var platformNames = map[Platform]struct {
	record string
	usual  Arch
}{
	Linux:   {"Linux", AMD64},
	MacOS:   {"MacOS", ARM64},
	Windows: {"Windows", AMD64},
}

// Current is the platform that this program runs on. It is not Valid on an operating system that has no workers.
func Current() Platform {
	if runtime.GOOS == "darwin" {
		return MacOS
	}
	return Platform(runtime.GOOS)
}

// ParsePlatform reads a platform's text form, its spelling in a record, or Go's name for it ("darwin"), in any case.
func ParsePlatform(s string) (Platform, error) {
	p := Platform(strings.ToLower(s))
	if p == "darwin" {
		p = MacOS
	}
	if !p.Valid() {
		return "", fmt.Errorf("unknown platform %q: use linux, macos or windows", s)
	}
	return p, nil
}

// Valid reports whether p is one of the platforms above.
func (p Platform) Valid() bool {
	_, ok := platformNames[p]
	return ok
}

// String is the text form, as in an ID.
func (p Platform) String() string { return string(p) }

// UsualArch is the architecture that an ID for p leaves out: amd64 on linux and windows, arm64 on macos.
func (p Platform) UsualArch() Arch { return platformNames[p].usual }

// GOOS is Go's name for p.
func (p Platform) GOOS() string {
	if p == MacOS {
		return "darwin"
	}
	return string(p)
}

// recordName is the spelling of a record.
func (p Platform) recordName() string { return platformNames[p].record }

// UnmarshalJSON reads any spelling that ParsePlatform does. It is written in its text form, but in a record.
func (p *Platform) UnmarshalJSON(data []byte) error {
	s, err := record.Unquote(data)
	if err != nil {
		return err
	}
	parsed, err := ParsePlatform(s)
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// Arch is a processor architecture, by Go's name for it ("amd64", "arm64").
type Arch string

// The architectures that are some platform's usual one.
const (
	AMD64 Arch = "amd64"
	ARM64 Arch = "arm64"
)

// archs lists what ParseArch takes: Go's names, and under them the names that the world uses for the same.
var archs = map[string]Arch{
	"amd64": AMD64, "x86_64": AMD64, "x64": AMD64,
	"arm64": ARM64, "aarch64": ARM64,
	"386": "386", "arm": "arm", "loong64": "loong64", "ppc64le": "ppc64le", "riscv64": "riscv64", "s390x": "s390x",
}

// CurrentArch is the architecture that this program was built for.
func CurrentArch() Arch { return Arch(runtime.GOARCH) }

// ParseArch reads an architecture's name: Go's, or one of its common synonyms (x86_64, x64, aarch64).
func ParseArch(s string) (Arch, error) {
	a, ok := archs[strings.ToLower(s)]
	if !ok {
		return "", fmt.Errorf("unknown architecture %q: use amd64 or arm64", s)
	}
	return a, nil
}

// Valid reports whether a is a name that ParseArch returns.
func (a Arch) Valid() bool { return archs[string(a)] == a && a != "" }

// String is Go's name for a.
func (a Arch) String() string { return string(a) }
