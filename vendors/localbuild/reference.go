package localbuild

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/gotool"
)

// ReferenceVersion is the version of the embedded reference worker.
const ReferenceVersion = "0.1.0"

//go:embed reference/main.go reference/server.go reference/heartbeat.go
var reference embed.FS

// referenceModule is the go.mod of the reference worker, which is compiled as a module of its own.
const referenceModule = "module cpu-llm-worker-rbee\n\ngo " + gotool.MinVersion + "\n"

// writeReference writes the reference worker's module to dir, after removing what was there. The digest covers names,
// sizes and contents of all files.
func writeReference(dir string) (catalog.Digest, error) {
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	sum := sha256.New()
	write := func(name string, content []byte) error {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(content), content)
		return os.WriteFile(filepath.Join(dir, name), content, 0o644)
	}
	if err := write("go.mod", []byte(referenceModule)); err != nil {
		return "", err
	}
	entries, err := reference.ReadDir("reference")
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		content, err := reference.ReadFile("reference/" + entry.Name())
		if err != nil {
			return "", err
		}
		if err := write(entry.Name(), content); err != nil {
			return "", err
		}
	}
	return catalog.DigestOf(sum), nil
}
