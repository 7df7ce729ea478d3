package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
)

func TestASecondHiveAtTheSameAddressIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	h, base := serve(t, false)
	second := exec.Command("hive", "serve", "--listen", strings.TrimPrefix(base, "http://"))
	second.Env = h.Env
	out, err := second.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out),
		"address already in use\nhive: hint: another hive may run here; use another port with --listen\n")
}

func TestAWorkersLife(t *testing.T) {
	t.Parallel()
	h, base := serve(t, false)
	told, marker := follow(t, post(t, base, spawnOrder))
	require.Equal(t, doneMarker, marker)
	require.Subset(t, actionsOf(told), []string{"worker_spawn_start", "fetch_metadata", "check_platform", "catalog_add",
		"worker_spawn_health_check", "worker_ready", "worker_spawn_complete"})
	w := resultOf(t, told)
	requireHealthy(t, w)

	var l listing
	_, text := request(t, "GET", base+"/v1/workers", "")
	require.NoError(t, json.Unmarshal([]byte(text), &l))
	require.Equal(t, []running{w}, l.Running)
	require.Len(t, l.Installed, 1)
	require.Equal(t, w.Entry, l.Installed[0].ID)
	require.Equal(t, "github-release", l.Installed[0].Vendor)
	told, _ = follow(t, post(t, base, `{"operation":"worker_list"}`))
	require.Equal(t, "1 running, 1 installed", told[len(told)-1].Message)

	told, marker = follow(t, post(t, base, `{"operation":"worker_remove","id":"`+w.Entry+`"}`))
	require.Contains(t, marker, "in use by process "+strconv.Itoa(w.PID))
	require.Equal(t, "stop "+w.ID+" first", told[len(told)-1].Hint)

	_, marker = follow(t, post(t, base, `{"operation":"worker_stop","id":"`+w.ID+`"}`))
	require.Equal(t, doneMarker, marker)
	requireGone(t, w)
	_, marker = follow(t, post(t, base, `{"operation":"worker_remove","id":"`+w.Entry+`"}`))
	require.Equal(t, doneMarker, marker)
	_, text = request(t, "GET", base+"/v1/workers", "")
	require.JSONEq(t, `{"running":[],"installed":[]}`, text)
	log := h.stderr.String()
	require.Contains(t, log, w.ID+": worker v1.0.0 with [", "its output, with its ID")
	require.Contains(t, log, "hive: worker_spawn: "+w.ID+" serves at "+w.URL)
	require.Contains(t, log, "hive: hint: stop "+w.ID+" first\n")
}

func TestTwoReadersOneOfThemLateSeeTheSame(t *testing.T) {
	t.Parallel()
	h, base := serve(t, true)
	stream := post(t, base, `{"operation":"worker_install","worker_type":"cpu-llm","version":"~> 1.0"}`)
	<-h.asked
	response, err := http.Get(stream)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	early := bufio.NewReader(response.Body)
	line, err := early.ReadString('\n') // while the work is under way
	require.NoError(t, err)
	require.Equal(t, "id: 1\n", line)
	line, err = early.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, `"action":"worker_install_start","message":"installing cpu-llm@~> 1.0"`)
	h.release()
	rest, err := io.ReadAll(early)
	require.NoError(t, err)
	require.True(t, bytes.HasSuffix(rest, []byte("\n\ndata: [DONE]\n\n")), "%s", rest)

	told, marker := follow(t, stream)
	require.Equal(t, doneMarker, marker)
	for _, n := range told[1:] {
		require.Contains(t, string(rest), `"action":"`+n.Action+`"`)
	}
	last := told[len(told)-1]
	require.Equal(t, "worker_install_complete", last.Action)
	require.Equal(t, "cpu-llm-worker-rbee-v1.0.0-linux is installed", last.Message)
	require.DirExists(t, filepath.Join(h.home, "workers", "cpu-llm-worker-rbee-v1.0.0-linux"))
}

func TestALostStreamDoesNotStopTheWork(t *testing.T) {
	t.Parallel()
	h, base := serve(t, true)
	stream := post(t, base, `{"operation":"worker_install","worker_type":"cpu-llm"}`)
	<-h.asked
	response, err := http.Get(stream)
	require.NoError(t, err)
	_, err = bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	h.release()
	_, marker := follow(t, stream)
	require.Equal(t, doneMarker, marker)
}

func TestACancelledJobLeavesNoProcess(t *testing.T) {
	t.Parallel()
	h, base := serve(t, true)
	stream := post(t, base, spawnOrder)
	<-h.asked
	require.Len(t, h.processes(t), 1, "the vendor's")
	code, answer := request(t, "DELETE", strings.TrimSuffix(stream, "/stream"), "")
	require.Equal(t, http.StatusAccepted, code, answer)
	told, marker := follow(t, stream)
	require.Equal(t, cancelledMarker, marker)
	require.Equal(t, "worker_spawn_cancelled", told[len(told)-1].Action)
	require.Eventually(t, func() bool { return strings.Contains(h.stderr.String(), "hive: worker_spawn: cancelled\n") },
		time.Minute, time.Millisecond)
	require.Empty(t, h.processes(t))
	require.NoDirExists(t, filepath.Join(h.home, "workers"))

	_, answer = request(t, "DELETE", strings.TrimSuffix(stream, "/stream"), "")
	require.Contains(t, answer, `"state":"cancelled"`)
}

func TestAStartCanBeCancelled(t *testing.T) {
	t.Parallel()
	h, base := serve(t, false)
	stream := post(t, base, `{"operation":"worker_spawn","worker_type":"cpu-llm","args":["--sick"]}`)
	require.Eventually(t, func() bool { return strings.Contains(h.stderr.String(), "worker v1.0.0") }, time.Minute,
		5*time.Millisecond)
	request(t, "DELETE", strings.TrimSuffix(stream, "/stream"), "")
	_, marker := follow(t, stream)
	require.Equal(t, cancelledMarker, marker)
	require.Empty(t, h.processes(t))
	_, marker = follow(t, post(t, base, `{"operation":"worker_remove","id":"cpu-llm-worker-rbee-v1.0.0-linux"}`))
	require.Equal(t, doneMarker, marker, "no lease is left")
}

func TestAWorkerThatDiesEarlyFailsItsJobWithItsLastLines(t *testing.T) {
	t.Parallel()
	_, base := serve(t, false)
	told, marker := follow(t, post(t, base, `{"operation":"worker_spawn","worker_type":"cpu-llm","args":["--broken"]}`))
	require.Contains(t, marker, "[ERROR] ")
	require.Contains(t, told[len(told)-1].Output, "these are my last words")
}

func TestAWorkerThatDiesIsToldOfAndForgotten(t *testing.T) {
	t.Parallel()
	h, base := serve(t, false)
	w := startWorker(t, base, spawnOrder)
	_, err := http.Get(w.URL + "/die")
	require.Error(t, err)
	require.Eventually(t, func() bool { return strings.Contains(h.stderr.String(), "hive: run "+w.ID+": ") },
		time.Minute, 5*time.Millisecond)
	_, text := request(t, "GET", base+"/v1/workers", "")
	require.Contains(t, text, `{"running":[],`)
}

func TestADamagedOrDeletedWorkerIsInstalledAgain(t *testing.T) {
	t.Parallel()
	_, base := serve(t, false)
	w := startWorker(t, base, spawnOrder)
	_, marker := follow(t, post(t, base, `{"operation":"worker_stop","id":"`+w.ID+`"}`))
	require.Equal(t, doneMarker, marker)
	for name, harm := range map[string]func() error{
		"damaged": func() error { return os.Truncate(w.Path, 1) },
		"deleted": func() error { return os.Remove(w.Path) },
	} {
		require.NoError(t, harm())
		told, marker := follow(t, post(t, base, spawnOrder))
		require.Equal(t, doneMarker, marker, name)
		require.Contains(t, actionsOf(told), "catalog_add", name)
		w = resultOf(t, told)
		requireHealthy(t, w)
		_, marker = follow(t, post(t, base, `{"operation":"worker_stop","id":"`+w.ID+`"}`))
		require.Equal(t, doneMarker, marker)
	}
}

func TestTheEndOfTheHiveLeavesNoProcess(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"interrupt": os.Interrupt, "terminate": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, base := serve(t, false)
			workers := []running{startWorker(t, base, spawnOrder), startWorker(t, base, spawnOrder)}
			stream := post(t, base, `{"operation":"worker_spawn","worker_type":"cpu-llm","args":["--sick"]}`)
			response, err := http.Get(stream)
			require.NoError(t, err)
			defer response.Body.Close()
			require.NoError(t, h.Process.Signal(signal))
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.True(t, bytes.HasSuffix(text, []byte("\n\ndata: [CANCELLED]\n\n")), "%s", text)
			h.requireExit(t, exit.Done)
			for _, w := range workers {
				requireGone(t, w)
			}
			require.Empty(t, h.processes(t))
		})
	}
}

func TestBeyondLoopbackTheTokenIsAsked(t *testing.T) {
	t.Setenv(tokenVariable, "s3cret")
	h := start(t, false, "serve", "--listen", "0.0.0.0:0")
	var listening map[string]string
	require.NoError(t, json.Unmarshal([]byte(h.first), &listening))
	host, port, err := net.SplitHostPort(listening["address"])
	require.NoError(t, err)
	require.Equal(t, "0.0.0.0", host, "not all of IPv6 too")
	base := "http://127.0.0.1:" + port
	code, _ := request(t, "POST", base+"/v1/jobs", spawnOrder)
	require.Equal(t, http.StatusUnauthorized, code)
	code, answer := request(t, "POST", base+"/v1/jobs", `{"operation":"worker_list"}`, "Authorization", "Bearer s3cret")
	require.Equal(t, http.StatusOK, code, answer)
	require.Empty(t, h.processes(t))
}
