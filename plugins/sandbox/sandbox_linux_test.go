package sandbox

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWritingIsDeniedOutside(t *testing.T) {
	needs(t, abiDevices)
	p := newPlace(t)
	for _, args := range [][]string{
		{"write", filepath.Join(p.outside, "new")}, {"write", p.file}, {"empty", p.file}, {"delete", p.file},
		{"mkdir", filepath.Join(p.outside, "dir")}, {"link", filepath.Join(p.outside, "link")}, {"pipe",
			filepath.Join(p.outside, "pipe")},
		{"device", filepath.Join(p.inside, "device")}, {"child", "write", filepath.Join(p.outside, "new")},
		{"child", "child", "empty", p.file},
	} {
		require.Equal(t, denied, try(t, p.rules(), args...), args)
	}
	content, err := os.ReadFile(p.file)
	require.NoError(t, err)
	require.Equal(t, "content", string(content))
	left, err := os.ReadDir(p.outside)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestWhatIsWrittenBeyondItsOwnFoldersIsNamed(t *testing.T) {
	needs(t, abiTruncate)
	p := newPlace(t)
	rules := p.rules()
	require.Contains(t, Available(rules).InForce(), "writes to its own folders alone")
	rules.ExtraWrite = []string{p.file, p.file, filepath.Join(p.outside, "missing")}
	require.Equal(t, []string{p.file}, Available(rules).WritePaths)
	require.Contains(t, Available(rules).InForce(), "writes to its own folders and "+p.file+" alone")
	require.Equal(t, done, try(t, rules, "empty", p.file))
	require.Equal(t, denied, try(t, rules, "write", filepath.Join(p.outside, "new")))
	withKernel(t, 0, errors.New("this kernel has no Landlock"))
	require.Empty(t, Available(rules).WritePaths)
}

func TestALinkDoesNotLeadOut(t *testing.T) {
	needs(t, abiFiles)
	p := newPlace(t)
	link := filepath.Join(p.inside, "link")
	require.NoError(t, os.Symlink(p.outside, link))
	require.Equal(t, denied, try(t, p.rules(), "write", filepath.Join(link, "new")))
}

func TestInsideAllIsAllowed(t *testing.T) {
	p := newPlace(t)
	second := t.TempDir()
	rules := p.rules()
	rules.Write = append(rules.Write, second, filepath.Join(p.outside, "missing"))
	file := filepath.Join(p.inside, "file")
	for _, args := range [][]string{
		{"write", file}, {"move", file, filepath.Join(second, "file")}, {"child", "move", filepath.Join(second, "file"),
			file},
		{"empty", file}, {"delete", file}, {"mkdir", filepath.Join(p.inside, "dir")}, {"link",
			filepath.Join(p.inside, "link")},
		{"pipe", filepath.Join(p.inside, "pipe")}, {"read", p.file}, {"list", p.outside}, {"discard"},
	} {
		require.Equal(t, done, try(t, rules, args...), args)
	}
}

func TestReadingIsLimitedToWhatIsDeclared(t *testing.T) {
	needs(t, abiFiles)
	p := newPlace(t)
	declared, secret := filepath.Join(p.outside, "declared"), filepath.Join(p.outside, "secret")
	for _, file := range []string{declared, secret} {
		require.NoError(t, os.WriteFile(file, nil, 0o600))
	}
	rules := p.rules()
	rules.Read = []string{declared}
	here, err := os.Getwd()
	require.NoError(t, err)
	secret, err = filepath.Rel(here, secret) // an absolute path would be taken for a script's
	require.NoError(t, err)
	require.Equal(t, denied, try(t, rules, "read", secret))
	require.Equal(t, denied, try(t, rules, "list", p.outside))
	require.Equal(t, denied, try(t, rules, "child", "read", secret))
	require.Equal(t, done, try(t, rules, "read", declared))
	require.Equal(t, done, try(t, rules, "read", "/etc/hosts"))
	require.Equal(t, done, try(t, rules, "write", filepath.Join(p.inside, "file")))
	require.Equal(t, done, try(t, rules, "read", filepath.Join(p.inside, "file")))
	rules.Read = nil
	require.Equal(t, done, try(t, rules, "read", secret))
}

func TestAnInterpreterReadsItsScript(t *testing.T) {
	p := newPlace(t)
	script := filepath.Join(p.outside, "script")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\nread line <"+p.file+"\necho \"$line\"\n"), 0o755))
	rules := p.rules()
	rules.Read = []string{p.file}
	for _, args := range [][]string{{script}, {"/bin/sh", script}} {
		out, err := output(t, rules, args[0], args[1:]...)
		require.NoError(t, err, out)
		require.Equal(t, "content\n", out)
	}
}

func TestAnInheritedExecutableIsItsOwn(t *testing.T) {
	p := newPlace(t)
	script := filepath.Join(p.outside, "script")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho started\n"), 0o755))
	f, err := os.Open(script)
	require.NoError(t, err)
	defer f.Close()
	var out bytes.Buffer
	cmd := &exec.Cmd{
		Path:       "/proc/self/fd/3",
		Args:       []string{"script"},
		ExtraFiles: []*os.File{f},
		Stdout:     &out,
		Stderr:     &out,
	}
	rules := p.rules()
	rules.Read = []string{p.file}
	ended := make(chan struct{})
	defer close(ended)
	_, err = Start(cmd, rules, ended)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait(), &out)
	require.Equal(t, "started\n", out.String())
}

func TestOnlyDeclaredPortsAreReached(t *testing.T) {
	needs(t, abiNetwork)
	var addresses [2]string
	for i := range addresses {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		addresses[i] = listener.Addr().String()
	}
	_, text, err := net.SplitHostPort(addresses[0])
	require.NoError(t, err)
	port, err := strconv.ParseUint(text, 10, 16)
	require.NoError(t, err)
	rules := Rules{Mode: Auto, Ports: []uint16{uint16(port)}}
	require.Equal(t, done, try(t, rules, "connect", addresses[0]))
	require.Equal(t, denied, try(t, rules, "connect", addresses[1]))
	require.Equal(t, denied, try(t, rules, "child", "connect", addresses[1]))
	require.Equal(t, denied, try(t, rules, "listen"))
	require.Equal(t, denied, try(t, Rules{Mode: Auto}, "connect", addresses[0]), "no port is declared")
}

func TestOnlyOwnProcessesAreReached(t *testing.T) {
	needs(t, abiScope)
	listener, err := net.Listen("unix", "@"+filepath.Base(t.TempDir())+strconv.Itoa(os.Getpid()))
	require.NoError(t, err)
	defer listener.Close()
	rules := Rules{Mode: Auto}
	require.Equal(t, denied, try(t, rules, "signal", strconv.Itoa(os.Getpid())))
	require.Equal(t, denied, try(t, rules, "call", listener.Addr().String()))
	require.Equal(t, done, try(t, rules, "own"))
}

func TestLimitsAreInForce(t *testing.T) {
	p := newPlace(t)
	for _, args := range [][]string{{"privileges"}, {"core"}, {"child", "privileges"}, {"child", "core"}} {
		require.Equal(t, done, try(t, p.rules(), args...), args)
	}
	out, err := output(t, p.rules(), os.Args[0], "probe", "grow", filepath.Join(p.inside, "file"))
	if err == nil {
		require.Contains(t, out, "file too large")
	}
	info, err := os.Stat(filepath.Join(p.inside, "file"))
	require.NoError(t, err)
	require.Zero(t, info.Size())
}

func TestOffLimitsNothing(t *testing.T) {
	p := newPlace(t)
	for _, mode := range []Mode{Off, ""} {
		require.Equal(t, done, try(t, Rules{Mode: mode}, "write", p.file))
		require.Equal(t, done, try(t, Rules{Mode: mode}, "listen"))
		require.Equal(t, []string{"off"}, Available(Rules{Mode: mode}).InForce())
	}
}

func TestTheHostStaysFree(t *testing.T) {
	p := newPlace(t)
	var wg sync.WaitGroup
	var errs [20]error
	for i := range errs {
		wg.Go(func() {
			_, limited := output(t, p.rules(), "true")
			free := os.WriteFile(filepath.Join(p.outside, strconv.Itoa(i)), nil, 0o600)
			errs[i] = errors.Join(
				limited,
				free,
				exec.Command("touch", filepath.Join(p.outside, "by a child of the host")).Run(),
			)
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs[:]...))
}

func TestNodeRunsUnderAllRules(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node")
	}
	p := newPlace(t)
	rules := p.rules()
	rules.Read = []string{filepath.Dir(node)}
	const script = `const fs = require("fs"); fs.writeFileSync(process.argv[1] + "/file", "x"); ` +
		`try { fs.writeFileSync(process.argv[2], "x") } catch (e) { console.log(e.code) }`
	out, err := output(t, rules, node, "-e", script, p.inside, p.file)
	require.NoError(t, err, out)
	require.Equal(t, "EACCES\n", out)
	require.FileExists(t, filepath.Join(p.inside, "file"))
}

// withKernel has a test believe that the kernel's Landlock is older than it is.
func withKernel(t *testing.T, abi int, err error) {
	t.Helper()
	real := askKernel
	t.Cleanup(func() { askKernel = real })
	askKernel = func() (int, error) { return abi, err }
}

func TestWithoutLandlockTheRestIsInForceAndTheReasonTold(t *testing.T) {
	withKernel(t, 0, errors.New("this kernel has no Landlock"))
	p := newPlace(t)
	require.Equal(
		t,
		Report{Mode: Auto, Privileges: true, Limits: true, Missing: []string{"this kernel has no Landlock"}},
		Available(p.rules()),
	)
	require.Equal(t, done, try(t, p.rules(), "write", p.file))
	require.Equal(t, done, try(t, p.rules(), "privileges"))
	require.Equal(t, done, try(t, p.rules(), "core"))
}

func TestTheFirstLandlockLimitsWhoMovesNothing(t *testing.T) {
	needs(t, abiFiles)
	withKernel(t, 1, nil)
	p := newPlace(t)
	rules := p.rules()
	require.Equal(t, denied, try(t, rules, "write", p.file))
	require.Equal(t, done, try(t, rules, "listen"))
	report := Available(rules)
	require.True(t, report.Files)
	require.False(t, report.Network)
	require.Len(t, report.Missing, 2)

	rules.NeedsRename = true
	require.Equal(t, done, try(t, rules, "write", filepath.Join(p.inside, "file")))
	require.Equal(t, done, try(t, rules, "move", filepath.Join(p.inside, "file"), filepath.Join(p.outside, "moved")))
	require.False(t, Available(rules).Files)
	require.Contains(t, Available(rules).Missing[0], "Landlock ABI 1")
}

func TestBeforeLinux67PortsAreNotLimited(t *testing.T) {
	needs(t, abiTruncate)
	withKernel(t, 3, nil)
	p := newPlace(t)
	require.Equal(t, denied, try(t, p.rules(), "empty", p.file))
	require.Equal(t, done, try(t, p.rules(), "listen"))
	require.Equal(t, Report{
		Mode: Auto, ABI: 3, Files: true, Privileges: true, Limits: true,
		Missing: []string{"TCP ports can't be limited, which takes Linux 6.7 (Landlock ABI 3)"},
	}, Available(p.rules()))
}

func TestWhatIsRequiredAndMissingStartsNothing(t *testing.T) {
	withKernel(t, 3, nil)
	p := newPlace(t)
	rules := p.rules()
	rules.Mode = Require
	_, err := output(t, rules, os.Args[0], "probe", "write", filepath.Join(p.inside, "file"))
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "Linux 6.7")
	require.NoFileExists(t, filepath.Join(p.inside, "file"))
}

func TestModesAreRead(t *testing.T) {
	for _, name := range Modes {
		mode, err := ParseMode(name)
		require.NoError(t, err)
		require.Equal(t, name, string(mode))
	}
	_, err := ParseMode("on")
	require.ErrorContains(t, err, "off, auto or require")
}
