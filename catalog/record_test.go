package catalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rbee-keeper/provision/catalog/internal/record"
	"github.com/stretchr/testify/require"
)

func dialect(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "dialects", name+".json"))
	require.NoError(t, err)
	return data
}

func decodeWorker(data []byte) (WorkerBinary, error) { return decodeRecord[WorkerBinary](data) }

func TestRecord_equalsTheRustHivesByteForByte(t *testing.T) {
	added := time.Date(2025, 10, 23, 20, 30, 0, 0, time.FixedZone("CEST", 2*60*60))
	c := newWorkers(t)
	c.now = func() time.Time { return added }
	w := NewWorkerBinary("cpu-llm-worker-rbee-v0.1.0-linux", CpuLlm, Linux,
		"/home/user/.cache/rbee/workers/cpu-llm-worker-rbee-v0.1.0-linux/cpu-llm-worker-rbee", 1048576, "0.1.0")
	w.AddedAt = added
	require.NoError(t, c.Add(t.Context(), w))
	data, err := os.ReadFile(filepath.Join(c.WorkerPath(w.ID), RecordFile))
	require.NoError(t, err)
	require.Equal(t, string(dialect(t, "original")), string(data))
}

func TestRecord_hasNoHTMLEscapes(t *testing.T) {
	w := NewWorkerBinary("id", CpuLlm, Linux, "/a&b/<c>", 1, "1")
	w.Status = Status{State: Failed, Error: `exit <1> & "more"`}
	data, err := encodeRecord(w, w.AddedAt)
	require.NoError(t, err)
	require.Contains(t, string(data), `"path": "/a&b/<c>"`)
	require.Contains(t, string(data), `"error": "exit <1> & \"more\""`)
	back, err := decodeWorker(data)
	require.NoError(t, err)
	require.Equal(t, w, back)
}

func TestRecord_readsEveryDialect(t *testing.T) {
	for name, want := range map[string]WorkerBinary{
		"original": {
			ID: "cpu-llm-worker-rbee-v0.1.0-linux", WorkerType: CpuLlm, Platform: Linux, Size: 1048576, Version: "0.1.0",
			Path:    "/home/user/.cache/rbee/workers/cpu-llm-worker-rbee-v0.1.0-linux/cpu-llm-worker-rbee",
			AddedAt: time.Date(2025, 10, 23, 18, 30, 0, 0, time.UTC),
		},
		"camel": {
			ID: "cuda-llm-worker-rbee-v0.2.0-linux", WorkerType: CudaLlm, Platform: Linux, Size: 2097152, Version: "0.2.0",
			Path:    "/home/user/.cache/rbee/workers/cuda-llm-worker-rbee-v0.2.0-linux/cuda-llm-worker-rbee",
			AddedAt: time.Date(2025, 11, 2, 9, 0, 0, 123456789, time.UTC),
		},
		"lowercase": {
			ID: "llm-worker-rbee-cpu-0.1.0-linux", WorkerType: CpuLlm, Platform: Linux, Size: 3145728, Version: "0.1.0",
			Path:    "/home/user/.cache/rbee/workers/llm-worker-rbee-cpu-0.1.0-linux/llm-worker-rbee-cpu",
			AddedAt: time.Date(2025, 11, 5, 12, 0, 0, 0, time.UTC),
		},
	} {
		got, err := decodeWorker(dialect(t, name))
		require.NoError(t, err, name)
		require.True(t, want.AddedAt.Equal(got.AddedAt), name)
		want.Status, got.AddedAt = Status{State: Available}, want.AddedAt
		require.Equal(t, want, got, name)
	}
}

func TestRecord_readsEveryTypeOfTheLowerCaseDialect(t *testing.T) {
	for spelling, want := range map[string]WorkerType{"cpu": CpuLlm, "cuda": CudaLlm, "metal": MetalLlm,
		"rocm": "rocm-llm"} {
		data := strings.Replace(string(dialect(t, "lowercase")), `"cpu"`, `"`+spelling+`"`, 1)
		w, err := decodeWorker([]byte(data))
		require.NoError(t, err)
		require.Equal(t, want, w.WorkerType)
	}
}

func TestRecord_refusesMissingKeys(t *testing.T) {
	original := string(dialect(t, "original"))
	for _, cut := range [][2]string{
		{`"id": "cpu-llm-worker-rbee-v0.1.0-linux",`, ``},
		{`"CpuLlm"`, `"Cpu Llm"`},
		{`"worker_type": "CpuLlm",`, ``},
		{`"platform": "Linux",`, ``},
		{`"Linux"`, `"BeOS"`},
		{`"Linux"`, `null`},
		{`"Available"`, `"Perhaps"`},
		{`1048576`, `"many"`},
		{`"artifact"`, `"artefact"`},
		{original, `null`},
		{original, `[]`},
		{original, ``},
		{original, original + `{}`},
	} {
		data := strings.Replace(original, cut[0], cut[1], 1)
		require.NotEqual(t, original, data)
		_, err := decodeWorker([]byte(data))
		require.Error(t, err, "%s for %s", cut[1], cut[0])
	}
}

func TestRecord_prefersSnakeCaseKeys(t *testing.T) {
	data := strings.Replace(string(dialect(t, "original")), `"id"`, `"workerType": "CudaLlm", "id"`, 1)
	for range 50 { // whatever the order of a map
		w, err := decodeWorker([]byte(data))
		require.NoError(t, err)
		require.Equal(t, CpuLlm, w.WorkerType)
	}
}

func FuzzRecord(f *testing.F) {
	for _, name := range []string{"original", "camel", "lowercase"} {
		f.Add(dialect(f, name))
	}
	f.Add([]byte(`{"artifact":{"id":"a","worker_type":"x","platform":"macos","status":{"failed":{"error":"e"}}}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if touched, err := record.SetLastAccessed(data, time.Unix(1e9, 0)); err == nil && touched != nil && json.Valid(data) {
			require.True(t, json.Valid(touched), "%s", touched)
		}
		w, err := decodeWorker(data)
		if err != nil || w.Status.State == "" {
			return
		}
		again, err := encodeRecord(w, w.AddedAt)
		require.NoError(t, err)
		back, err := decodeWorker(again)
		require.NoError(t, err)
		require.True(t, w.AddedAt.Equal(back.AddedAt))
		back.AddedAt = w.AddedAt
		require.Equal(t, w, back)
	})
}

func TestRecord_errorsDoNotNameOurTypes(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                                    "it is not a record",
		`"text"`:                                "it is not a record",
		`{"artifact":[]}`:                       "it is not a record: its artifact can't be a JSON array",
		`{"addedAt":1,"artifact":[]}`:           "it is not a record: its artifact can't be a JSON array",
		`{"artifact":{"size":"1"}}`:             "it is not a record: its artifact.size can't be a JSON string",
		`{"addedAt":1,"artifact":{"size":"1"}}`: "it is not a record: its size can't be a JSON string",
		`{}`:                                    "it contains no artifact",
	} {
		_, err := decodeWorker([]byte(text))
		require.EqualError(t, err, want, text)
	}
}
