package spawn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestAWorkerServesAndHoldsItsLeaseUntilItIsStopped(t *testing.T) {
	t.Parallel()
	h := newHive(t, "--do", "end well")
	w := h.mustStart(t, Options{WorkerID: "w1"})
	info := w.Info()
	require.Equal(t, "w1", info.ID)
	require.Equal(t, h.entry.Worker.ID, info.EntryID)
	require.Equal(t, catalog.CpuLlm, info.Type)
	require.Equal(t, "1.0.0", info.Version)
	require.Equal(t, fmt.Sprintf("http://127.0.0.1:%d", info.Port), info.URL)
	require.True(t, info.Port >= firstPort && info.Port < firstPort+ports, info.Port)
	require.True(t, isAlive(info.PID))
	require.Equal(t, []string{"--port", fmt.Sprint(info.Port), "--do", "end well"}, describe(t, w).Args)
	require.NoError(t, w.Err())
	if runtime.GOOS != "windows" {
		var leased *catalog.LeasedError
		require.ErrorAs(t, h.Remove(t.Context(), h.entry.Worker.ID, catalog.LockOptions{}), &leased)
		require.Equal(t, []int{info.PID}, leased.PIDs)
	}

	require.NoError(t, w.Stop(t.Context()))
	<-w.Done()
	require.NoError(t, w.Err())
	require.NoError(t, w.Stop(t.Context()), "it has ended already")
	h.requireFree(t)
	if runtime.GOOS != "windows" {
		require.Equal(t, []string{"ending well"}, w.Tail())
	}
	require.NoError(t, h.Remove(t.Context(), h.entry.Worker.ID, catalog.LockOptions{}))
	var actions []Action
	for _, e := range h.told("") {
		actions = append(actions, e.Action)
		require.Equal(t, "w1", e.Worker)
	}
	require.Equal(t, []Action{ActionStarting, ActionPort, ActionWaiting, ActionReady, ActionStopping, ActionExited},
		actions)
}

func TestTheLastLinesOfAWorkerThatDiesEarlyAreKept(t *testing.T) {
	t.Parallel()
	h := newHive(t, "--do", "die")
	var copied bytes.Buffer
	_, err := h.start(t, Options{Output: &copied})
	exit, ok := errors.AsType[*ExitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, 3, exit.Code)
	require.False(t, exit.Ready)
	require.Len(t, exit.Tail, 40)
	require.Equal(t, "line 61", exit.Tail[0])
	require.ErrorContains(t, err, "exit code 3; it last said: line 100")
	require.Equal(t, 100, strings.Count(copied.String(), "line "))
	require.Empty(t, h.told(ActionRetry), "nobody has its port")
	h.requireFree(t)
}

func TestAWorkerThatIsNeverReadyIsEnded(t *testing.T) {
	t.Parallel()
	h := newHive(t, "--do", "hang")
	_, err := h.start(t, Options{ReadyTimeout: 1})
	late, ok := errors.AsType[*NotReadyError](err)
	require.True(t, ok, "%v", err)
	require.Positive(t, late.After)
	require.Error(t, late.LastErr)
	h.requireFree(t)
}

func TestAWorkerThatLoadsItsModelIsWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHive(t, "--do", "load")
	h.mustStart(t, Options{})
}

func TestWithoutAHealthCheckAConnectionIsEnough(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	require.NoError(t, err)
	launch := &catalog.Launch{Args: []string{"--port={port}", "--do", "load"}, Env: workerEnv()}
	h := newHiveOf(t, path, catalog.Provenance{Launch: launch})
	w := h.mustStart(t, Options{})
	response, err := http.Get(w.Info().URL + "/health")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode, "nobody has asked before")
}

func TestCancellingAStartLeavesNoProcessAndNoLease(t *testing.T) {
	t.Parallel()
	h := newHive(t, "--do", "parent of deaf", "--port", "0") // at another port than it is asked at
	ctx, cancel := context.WithCancel(t.Context())
	out := awaitText("child")
	go func() {
		<-out.found
		cancel()
	}()
	_, err := h.startWith(t, ctx, Options{Output: out})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
	h.requireFree(t)
	require.False(t, isAlive(childOf(t, out)))
	require.NoError(t, h.Remove(t.Context(), h.entry.Worker.ID, catalog.LockOptions{}))
}

func TestAStartThatIsCancelledBeforeStartsNothing(t *testing.T) {
	t.Parallel()
	h := newHive(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.startWith(t, ctx, Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, h.told(ActionWaiting))
	h.requireFree(t)
}

// thief listens at the first port that a worker is to get, and answers that all is well.
type thief struct {
	server *httptest.Server
	ports  []int
}

func (th *thief) steal(t *testing.T, e Event) {
	if e.Action != ActionPort {
		return
	}
	th.ports = append(th.ports, e.Port)
	if len(th.ports) > 1 {
		return
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", e.Port))
	if err != nil {
		t.Error(err)
		return
	}
	th.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if runtime.GOOS != "linux" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	th.server.Listener.Close()
	th.server.Listener = listener
	th.server.Start()
	t.Cleanup(th.server.Close)
}

func TestAPortThatIsTakenMeanwhileIsReplaced(t *testing.T) {
	t.Parallel()
	h, th := newHive(t), &thief{}
	w := h.mustStart(t, Options{OnEvent: func(e Event) { th.steal(t, e) }})
	require.Len(t, th.ports, 2)
	require.Equal(t, th.ports[1], w.Info().Port)
	require.Len(t, h.told(ActionRetry), 1)
}

func TestAnAnswerOfAnotherProcessIsNotTheWorkers(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("who listens at a port can't be told there")
	}
	t.Parallel()
	h, th := newHive(t, "--do", "stubborn"), &thief{}
	w := h.mustStart(t, Options{OnEvent: func(e Event) { th.steal(t, e) }})
	require.Len(t, th.ports, 2)
	require.Equal(t, th.ports[1], w.Info().Port)
}

func TestAGivenPortIsNotReplaced(t *testing.T) { // not in parallel with those that would choose it too
	free, err := openPort("127.0.0.1", 0)
	require.NoError(t, err)
	free.release()
	h, th := newHive(t), &thief{}
	_, err = h.start(t, Options{Port: free.number, OnEvent: func(e Event) { th.steal(t, e) }})
	require.Error(t, err)
	require.Equal(t, []int{free.number}, th.ports)
	h.requireFree(t)

	_, err = h.start(t, Options{Port: free.number})
	var taken *PortError
	require.ErrorAs(t, err, &taken)
	require.Equal(t, free.number, taken.Port)
	require.Len(t, h.told(ActionWaiting), 1, "the second one was not even started")
}

func TestAnEntryThatIsGoneIsNotFound(t *testing.T) {
	t.Parallel()
	h := newHive(t)
	require.NoError(t, h.Remove(t.Context(), h.entry.Worker.ID, catalog.LockOptions{}))
	_, err := h.start(t, Options{})
	require.ErrorIs(t, err, catalog.ErrNotFound)
	require.Equal(t, provisioner.NotFound, provisioner.KindOf(err))
}

func TestWithoutALeaseTheWorkerStartsAllTheSame(t *testing.T) {
	t.Parallel()
	h := newHive(t)
	locks := filepath.Join(h.Home(), "locks")
	require.NoError(t, os.RemoveAll(locks))
	require.NoError(t, os.WriteFile(locks, nil, 0o600)) // nothing can be made below it, as in a read-only catalog
	w := h.mustStart(t, Options{})
	require.Len(t, h.told(ActionWarn), 1)
	require.NoError(t, w.Stop(t.Context()))
}
