package record

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// artifact has the keys that an artifact of any kind may have.
type artifact struct {
	ID         string `json:"id"`
	WorkerType string `json:"worker_type"`
	Path       string `json:"path"`
	Size       int64  `json:"size"`
	Status     any    `json:"status"`
}

const snake = `{"artifact":{"id":"a","worker_type":"CpuLlm","path":"/w","size":3,"status":"Available"},` +
	`"added_at":"2026-01-02T03:04:05Z"}`

const camel = `{"artifact":{"id":"a","workerType":"CpuLlm","path":"/w","size":3,"status":"available"},` +
	`"addedAt":"2026-01-02T03:04:05Z"}`

func TestDecode_readsBothCases(t *testing.T) {
	for _, text := range []string{snake, camel} {
		a, err := Decode[artifact]([]byte(text))
		require.NoError(t, err)
		require.Equal(t, "CpuLlm", a.WorkerType)
		a, err = DecodeAt[artifact]([]byte(text), "/elsewhere")
		require.NoError(t, err)
		require.Equal(t, "/elsewhere", a.Path)
	}
}

func TestSetStatus_keepsTheSpelling(t *testing.T) {
	failed := []byte(`{"Failed":{"error":"e"}}`)
	edited, err := SetStatus([]byte(snake), failed, "Failed")
	require.NoError(t, err)
	require.Contains(t, string(edited), `"status":{"Failed":{"error":"e"}}}`)
	edited, err = SetStatus([]byte(camel), failed, "Failed")
	require.NoError(t, err)
	require.Contains(t, string(edited), `"status":{"failed":{"error":"e"}}}`)
}

func TestVerifyChecksum_detectsEveryFlippedBit(t *testing.T) {
	object := []byte("{\n  \"a\": 1\n}")
	sealed := AddChecksum(object)
	back, err := VerifyChecksum(append(sealed, '\n'))
	require.NoError(t, err)
	require.Equal(t, object, back)
	for i := range sealed {
		for bit := range 8 {
			sealed[i] ^= 1 << bit
			_, err := VerifyChecksum(sealed)
			require.Error(t, err, "byte %d, bit %d", i, bit)
			sealed[i] ^= 1 << bit
		}
	}
}

// FuzzDecode compares the quick way to read a record with the one that reads its keys whatever their case.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(snake))
	f.Add([]byte(camel))
	f.Add([]byte(`{"artifact":{"id":"a","ID":"b"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !isSnakeCase(data) {
			return
		}
		quick, quickErr := Decode[artifact](data)
		slow, slowErr := decodeFields[artifact](data, nil)
		require.Equal(t, slowErr == nil, quickErr == nil, "%v, %v", quickErr, slowErr)
		if quickErr == nil {
			require.Equal(t, slow, quick)
		}
	})
}
