package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// filler sets every field of a value to something different. A new field of the contract that the translation forgets
// is then empty after a round trip, and the test fails.
type filler struct {
	t *testing.T
	n int
}

func filled[T any](t *testing.T) T {
	var v T
	(&filler{t: t}).fill(reflect.ValueOf(&v).Elem())
	return v
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Interface().(type) {
	case catalog.Version:
		v.Set(reflect.ValueOf(catalog.MustVersion(fmt.Sprintf("%d.0.0-rc.1", f.n))))
	case catalog.Constraint:
		v.Set(reflect.ValueOf(catalog.MustConstraint(fmt.Sprintf("> %d", f.n))))
	case catalog.Digest:
		v.SetString(fmt.Sprintf("sha256:%064x", f.n))
	case catalog.Integrity:
		v.SetString(string(catalog.Built))
	case provisioner.Kind:
		v.SetString(string(provisioner.AmbiguousAsset))
	case provisioner.OptionKind:
		v.SetString(string(provisioner.StringsOption))
	case provisioner.Phase:
		v.SetString(string(provisioner.Building))
	case json.RawMessage:
		v.SetBytes(fmt.Appendf(nil, `{"n": %d}`, f.n))
	case func(provisioner.Progress): // is not carried, but called
	default:
		f.fillPlain(v)
	}
}

func (f *filler) fillPlain(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%d.0.0", f.n)) // passes for a name and for a version
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint16:
		v.SetUint(uint64(f.n))
	case reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	default:
		f.t.Fatalf("teach this test to fill a %s", v.Type())
	}
}

// overWire encodes and decodes m.
func overWire[M proto.Message](t *testing.T, m M) M {
	data, err := proto.Marshal(m)
	require.NoError(t, err)
	decoded := m.ProtoReflect().New().Interface()
	require.NoError(t, proto.Unmarshal(data, decoded))
	return decoded.(M)
}

func requireCarried[T any, W proto.Message](t *testing.T, toWire func(T) W, fromWire func(W) (T, error)) {
	t.Helper()
	want := filled[T](t)
	got, err := fromWire(overWire(t, toWire(want)))
	require.NoError(t, err)
	// As text, since a constraint holds functions.
	require.Equal(t, fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got))
}

func TestWire_carriesEveryField(t *testing.T) {
	requireCarried(t, EncodeDescription, DecodeDescription)
	requireCarried(t, EncodeQuery, DecodeQuery)
	requireCarried(t, EncodeResolution, DecodeResolution)
	requireCarried(t, EncodeFetchRequest, DecodeFetchRequest)
	requireCarried(t, EncodeFetched, DecodeFetched)
	requireCarried(t, EncodeProgress, DecodeProgress)
}

func TestEnums_haveEveryValue(t *testing.T) {
	require.Len(t, errorKinds, len(vendorpb.ErrorKind_name)-1)
	require.Len(t, optionKinds, len(vendorpb.OptionKind_name)-1)
	require.Len(t, integrities, len(vendorpb.Integrity_name)-1)
	require.Len(t, phases, len(vendorpb.Phase_name))
	for _, kind := range provisioner.Kinds() {
		require.NotZero(t, errorKinds[kind].enum, kind)
		require.NotEqual(t, codes.OK, errorKinds[kind].code, kind)
	}
}

func TestDecodeResolution_checksReleases(t *testing.T) {
	release := func(change func(*vendorpb.Release)) *vendorpb.ResolveResponse {
		r := &vendorpb.Release{
			Version: "1.2.3", Integrity: vendorpb.Integrity_INTEGRITY_NONE, Files: []*vendorpb.File{{Name: "a"}},
		}
		change(r)
		return &vendorpb.ResolveResponse{Releases: []*vendorpb.Release{r}}
	}
	_, err := DecodeResolution(release(func(*vendorpb.Release) {}))
	require.NoError(t, err)
	for part, change := range map[string]func(*vendorpb.Release){
		`"b6123"`:              func(r *vendorpb.Release) { r.Version = "b6123" },
		`version ""`:           func(r *vendorpb.Release) { r.Version = "" },
		"integrity":            func(r *vendorpb.Release) { r.Integrity = 0 },
		"integrity 77":         func(r *vendorpb.Release) { r.Integrity = 77 },
		`file 0: "a/b"`:        func(r *vendorpb.Release) { r.Files[0].Name = "a/b" },
		`file 0: "a\\b"`:       func(r *vendorpb.Release) { r.Files[0].Name = `a\b` },
		`file 0: ".."`:         func(r *vendorpb.Release) { r.Files[0].Name = ".." },
		`file 0: ""`:           func(r *vendorpb.Release) { r.Files[0].Name = "" },
		`file 0: "a": size -1`: func(r *vendorpb.Release) { r.Files[0].Size = -1 },
		"malformed digest":     func(r *vendorpb.Release) { r.Files[0].Digest = "sha256:00" },
	} {
		_, err := DecodeResolution(release(change))
		require.ErrorContains(t, err, part)
	}
}

func FuzzDecodeResolution(f *testing.F) {
	seed, err := proto.Marshal(EncodeResolution(provisioner.Resolution{Releases: []provisioner.Release{{
		Version: catalog.MustVersion("1.2.3"), Integrity: catalog.Published,
		Files: []provisioner.File{
			{Name: "a.zip", Size: 3, Digest: catalog.Digest("sha256:" + strings.Repeat("0", 64))},
		},
	}}}))
	require.NoError(f, err)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer vendorpb.ResolveResponse
		if proto.Unmarshal(data, &answer) != nil {
			return
		}
		resolution, err := DecodeResolution(&answer)
		if err != nil {
			return
		}
		for _, release := range resolution.Releases {
			require.False(t, release.Version.IsZero())
			for _, file := range release.Files {
				require.False(t, strings.ContainsAny(file.Name, `/\`))
				require.True(t, file.Digest == "" || file.Digest.Valid())
			}
		}
		again, err := DecodeResolution(overWire(t, EncodeResolution(resolution)))
		require.NoError(t, err)
		require.Len(t, again.Releases, len(resolution.Releases))
	})
}

func TestError_isCarried(t *testing.T) {
	for _, kind := range provisioner.Kinds() {
		want := &provisioner.Error{Kind: kind, Message: "a", Hint: "b", RetryAt: time.Unix(1_900_000_000, 5).UTC()}
		got, explicit := DecodeError(EncodeError(want))
		require.True(t, explicit)
		require.Equal(t, want, got)
	}
}
