package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asWorker in the environment makes the test binary the worker itself.
const asWorker = "PROVISION_TEST_AS_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) != "" {
		main()
	}
	os.Exit(m.Run())
}

// readAddress returns what follows "listening on".
func readAddress(t *testing.T, stdout io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	return address
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}

func TestServesItsHealthOnLoopbackUntilCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdout, writer := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"--port", "0"}, writer, &stderr) }()
	address := readAddress(t, stdout)
	require.True(t, strings.HasPrefix(address, "127.0.0.1:"), address)

	status, body := get(t, "http://"+address+"/health")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, `{"status":"healthy"}`, body)
	status, _ = get(t, "http://"+address+"/v1/completions")
	require.Equal(t, http.StatusNotFound, status)

	cancel()
	require.Zero(t, <-code)
	_, err := http.Get("http://" + address + "/health")
	require.Error(t, err, "it serves no longer")
	require.Contains(t, stderr.String(), "runs no model")
}

func TestAPortThatIsTakenIsToldOf(t *testing.T) {
	taken := newQueen(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(taken.URL, "http://"), ":")
	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"--port", port}, &stdout, &stderr))
	require.Contains(t, stderr.String(), "open port")
	require.Empty(t, stdout.String())
}

func TestASocketThatIsNotOpenIsToldOf(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"--socket", "999"}, &stdout, &stderr))
	require.Contains(t, stderr.String(), "open port: ")
	require.Empty(t, stdout.String())
}

func TestVersionIsPrinted(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"--version"}, &stdout, &stderr))
	require.Equal(t, "cpu-llm-worker-rbee "+version+"\n", stdout.String())
}

func TestHelpSaysThatItRunsNoModel(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"--help"}, &stdout, &stderr))
	require.Contains(t, stderr.String(), "runs no model")
	require.Contains(t, stderr.String(), "-queen-url")
}

func TestAnEmptyQueenURLIsNoQueen(t *testing.T) {
	var stderr bytes.Buffer
	o, err := parse([]string{"--queen-url", ""}, &stderr)
	require.NoError(t, err)
	require.Nil(t, o.queen)
	o, err = parse([]string{"--queen-url", "http://127.0.0.1:7833", "--queen-url="}, &stderr)
	require.NoError(t, err)
	require.Nil(t, o.queen)
	require.Empty(t, stderr.String())
}

func TestTheHiveMayTellTheIDByTheEnvironment(t *testing.T) {
	t.Setenv(workerIDVariable, "from the environment")
	o, err := parse(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, "from the environment", o.workerID)
	o, err = parse([]string{"--worker-id", "from the command line"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, "from the command line", o.workerID)
}

func TestWrongCommandLinesAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"--model llama.gguf":        "runs no model",
		"--queen-url 127.0.0.1:1":   "want a URL such as",
		"--queen-url ftp://host":    "want a URL such as",
		"--port 65536":              "not between",
		"--port x":                  "invalid value",
		"--socket -1":               "no open file",
		"--heartbeat-interval 0s":   "not positive",
		"--port 0 serve":            `unexpected argument "serve"`,
		"--host 0.0.0.0 --port 123": "not defined",
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 2, run(t.Context(), strings.Fields(args), &stdout, &stderr), args)
		require.Contains(t, stderr.String(), want, args)
		require.Empty(t, stdout.String(), args)
	}
}
