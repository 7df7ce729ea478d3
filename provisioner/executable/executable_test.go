package executable_test

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
	"github.com/rbee-keeper/provision/provisioner/internal/elftest"
)

// head encodes the header of a file.
func head(t *testing.T, parts ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, part := range parts {
		require.NoError(t, binary.Write(&b, binary.LittleEndian, part))
	}
	return b.Bytes()
}

// checkAs checks a file with this content as an executable of a platform.
func checkAs(t *testing.T, content []byte, platform catalog.Platform) error {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "worker"), content, 0o755))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	return executable.Check(root, "worker", platform, "amd64")
}

func TestCheck_refusesObjectFilesAndLibraries(t *testing.T) {
	object := elftest.Header(elf.EM_X86_64)
	binary.LittleEndian.PutUint16(object[elf.EI_NIDENT:], uint16(elf.ET_REL))
	mach := func(kind macho.Type) []byte {
		return head(t, macho.FileHeader{Magic: macho.Magic64, Cpu: macho.CpuAmd64, Type: kind}, uint32(0))
	}
	windows := func(characteristics uint16) []byte {
		stub := make([]byte, 0x40) // whose last field says where the header is
		copy(stub, "MZ")
		stub[0x3c] = byte(len(stub))
		coff := pe.FileHeader{Machine: pe.IMAGE_FILE_MACHINE_AMD64, Characteristics: characteristics}
		return head(t, stub, []byte("PE\x00\x00"), coff, make([]byte, 64))
	}
	for name, c := range map[string]struct {
		content  []byte
		platform catalog.Platform
		want     string // empty for an executable
	}{
		"elf":         {elftest.Header(elf.EM_X86_64), catalog.Linux, ""},
		"elf object":  {object, catalog.Linux, "worker is an object file, not an executable"},
		"mach-o":      {mach(macho.TypeExec), catalog.MacOS, ""},
		"dylib":       {mach(macho.TypeDylib), catalog.MacOS, "worker is a library, not an executable"},
		"mach object": {mach(macho.TypeObj), catalog.MacOS, "worker is an object file, not an executable"},
		"exe":         {windows(pe.IMAGE_FILE_EXECUTABLE_IMAGE), catalog.Windows, ""},
		"dll": {windows(pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_DLL), catalog.Windows,
			"worker is a library, not an executable"},
	} {
		err := checkAs(t, c.content, c.platform)
		if c.want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.EqualError(t, err, c.want, name)
		require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
	}
}

func TestCheck_distinguishesLibrariesFromPositionIndependentExecutables(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the compiler here makes other files")
	}
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("there is no C compiler")
	}
	for want, flags := range map[string][][]string{
		"worker is a library, not an executable": {{"-shared", "-fPIC"}, {"-shared", "-fPIC", "-Wl,-soname,libworker.so"}},
		"":                                       {{"-pie", "-fPIE"}, {"-static-pie", "-fPIE"}, {"-no-pie"}, {"-static"}},
	} {
		for _, f := range flags {
			dir := t.TempDir()
			source, made := filepath.Join(dir, "main.c"), filepath.Join(dir, "made")
			require.NoError(t, os.WriteFile(source, []byte("int main(void) { return 0; }\n"), 0o600))
			out, err := exec.Command("cc", append(f, "-o", made, source)...).CombinedOutput()
			require.NoError(t, err, "%s: %s", f, out)
			content, err := os.ReadFile(made)
			require.NoError(t, err)
			if err = checkAs(t, content, catalog.Linux); want == "" {
				require.NoError(t, err, f)
			} else {
				require.EqualError(t, err, want, f)
			}
		}
	}
}
