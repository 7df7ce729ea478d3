package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newTestJob() *job { return newJob("j", "worker_install", func() {}) }

func TestOnlyTheNewestProgressOfAFileIsKept(t *testing.T) {
	t.Parallel()
	j := newTestJob()
	j.tell(narration{Action: "download_start"})
	for i := range int64(50) {
		j.tell(narration{Action: "download_progress", File: "a", Done: i})
		j.tell(narration{Action: "download_progress", File: "b", Done: i})
	}
	j.tell(narration{Action: "unpack"})
	events, _, _ := j.since(0)
	require.Len(t, events, 4)
	require.EqualValues(t, 49, events[1].Done)
	require.EqualValues(t, 49, events[2].Done)
	require.Equal(t, "unpack", events[3].Action)
	require.Equal(t, 102, events[3].number, "a reader that saw what is gone goes on where it was")
}

func TestAHistoryIsBoundedAndLosesItsDetailsFirst(t *testing.T) {
	t.Parallel()
	j := newTestJob()
	j.tell(narration{Action: "build_start"})
	for i := range 3 * maxHistory {
		j.tell(narration{Action: "build_output", Message: fmt.Sprint(i)})
	}
	j.tell(narration{Action: "catalog_add"})
	events, _, _ := j.since(0)
	require.Len(t, events, maxHistory)
	require.Equal(t, "build_start", events[0].Action)
	require.Equal(t, "catalog_add", events[maxHistory-1].Action)

	for range 2 * maxHistory {
		j.tell(narration{Action: "warning"})
	}
	events, _, _ = j.since(0)
	require.Len(t, events, maxHistory)
}

func TestAnErrorOfSeveralLinesIsOneMarker(t *testing.T) {
	t.Parallel()
	j := newTestJob()
	j.run(t.Context(), func(context.Context, func(narration)) (string, any, error) {
		return "", nil, errors.New("no worker\r\n  a: no\n\ndata: [DONE]")
	})
	_, marker, _ := j.since(0)
	require.Equal(t, "[ERROR] no worker;   a: no; data: [DONE]", marker)
	require.Equal(t, "failed", j.state())
}

func TestAJobThatWasCancelledTooLateIsDone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	j := newTestJob()
	j.run(ctx, func(context.Context, func(narration)) (string, any, error) {
		cancel()
		return "it is there", nil, nil
	})
	require.Equal(t, "done", j.state())
}

func TestEndedJobsAreForgotten(t *testing.T) {
	t.Parallel()
	s := &jobs{}
	var all []*job
	for range maxEnded + 10 {
		j, err := s.start("worker_list", "listing", func(context.Context, func(narration)) (string, any, error) {
			return "",
				nil, nil
		})
		require.NoError(t, err)
		all = append(all, j)
		await(t, j)
	}
	require.Nil(t, s.get(all[0].id), "there are too many")
	require.NotNil(t, s.get(all[len(all)-1].id))
	require.Len(t, s.list, maxEnded)
	s.sweep(time.Now().Add(endedMemory + time.Minute))
	require.Empty(t, s.list, "it is too long ago")
}

func TestTooManyJobsAreRefusedUntilOneEnds(t *testing.T) {
	t.Parallel()
	s := &jobs{}
	hang := func(ctx context.Context, _ func(narration)) (string, any, error) {
		<-ctx.Done()
		return "", nil, ctx.Err()
	}
	var first *job
	for range maxRunning {
		j, err := s.start("worker_install", "installing", hang)
		require.NoError(t, err)
		if first == nil {
			first = j
		}
	}
	_, err := s.start("worker_install", "installing", hang)
	require.ErrorIs(t, err, errTooMany)
	first.cancel()
	await(t, first)
	_, err = s.start("worker_install", "installing", hang)
	require.NoError(t, err)
	s.stop()
	require.Zero(t, s.sweep(time.Now()))
}

// await waits until a job has ended.
func await(t *testing.T, j *job) {
	t.Helper()
	for {
		_, marker, changed := j.since(0)
		if marker != "" {
			return
		}
		<-changed
	}
}

// A reader that asks for a stream and then reads nothing fills every buffer on the way; the work must go on.
func TestAReaderThatReadsNothingDoesNotHoldUpTheWork(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, guard{isLoopback: true})
	proceed := make(chan struct{})
	j, err := s.jobs.start("worker_install", "installing",
		func(_ context.Context, tell func(narration)) (string, any, error) {
			<-proceed
			for range 32 { // far more than the buffers take
				tell(narration{Action: "build_output", Message: strings.Repeat("x", 1<<20)})
			}
			return "it is there", nil, nil
		})
	require.NoError(t, err)
	conn, err := net.Dial("tcp", strings.TrimPrefix(web.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "GET /v1/jobs/%s/stream HTTP/1.1\r\nHost: localhost\r\n\r\n", j.id)
	status, err := bufio.NewReaderSize(conn, 16).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, status, "200")
	close(proceed)
	await(t, j)
	require.Equal(t, "done", j.state())
}

func TestAReaderGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, guard{isLoopback: true})
	j, err := s.jobs.start("worker_list", "listing", func(_ context.Context, tell func(narration)) (string, any, error) {
		tell(narration{Action: "second", Message: "second"})
		tell(narration{Action: "third", Message: "third"})
		return "that is all", nil, nil
	})
	require.NoError(t, err)
	await(t, j)
	url := web.URL + "/v1/jobs/" + j.id + "/stream"
	told, marker := follow(t, url, "Last-Event-ID", "2")
	require.Equal(t, []string{"third", "worker_list_complete"}, actionsOf(told))
	require.Equal(t, doneMarker, marker)
	told, _ = follow(t, url, "Last-Event-ID", "nonsense")
	require.Equal(t, []string{"worker_list_start", "second", "third", "worker_list_complete"}, actionsOf(told))
}
