package wire

import (
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// codesByKind are the gRPC codes for receivers that do not read ErrorInfo, such as an interceptor.
var codesByKind = map[provisioner.Kind]codes.Code{
	provisioner.NotFound:            codes.NotFound,
	provisioner.UnsupportedPlatform: codes.FailedPrecondition,
	provisioner.IncompleteRelease:   codes.FailedPrecondition,
	provisioner.Unreachable:         codes.Unavailable,
	provisioner.RateLimited:         codes.ResourceExhausted,
	provisioner.Unauthorized:        codes.Unauthenticated,
	provisioner.MissingTool:         codes.FailedPrecondition,
	provisioner.BuildFailed:         codes.Aborted,
	provisioner.Unverified:          codes.FailedPrecondition,
	provisioner.BadPayload:          codes.DataLoss,
	provisioner.PluginFault:         codes.Internal,
	provisioner.DigestMismatch:      codes.DataLoss,
	provisioner.SignatureMismatch:   codes.DataLoss,
	provisioner.UnsafeArchive:       codes.DataLoss,
	provisioner.AmbiguousAsset:      codes.FailedPrecondition,
	provisioner.InvalidConfig:       codes.InvalidArgument,
	provisioner.Cancelled:           codes.Canceled,
	provisioner.Other:               codes.Unknown,
}

// kindOf returns the kind for a status without an ErrorInfo, which a vendor in another language may return.
func kindOf(code codes.Code) provisioner.Kind {
	switch code {
	case codes.NotFound:
		return provisioner.NotFound
	case codes.Unavailable, codes.DeadlineExceeded:
		return provisioner.Unreachable
	case codes.ResourceExhausted:
		return provisioner.RateLimited
	case codes.Unauthenticated, codes.PermissionDenied:
		return provisioner.Unauthorized
	case codes.InvalidArgument:
		return provisioner.InvalidConfig
	case codes.DataLoss:
		return provisioner.BadPayload
	case codes.Canceled:
		return provisioner.Cancelled
	default:
		return provisioner.PluginFault
	}
}

// EncodeError turns an error of a vendor into a gRPC status with an ErrorInfo.
func EncodeError(err error) error {
	kind := provisioner.KindOf(err)
	info := &vendorpb.ErrorInfo{Kind: errorKinds[kind], Message: Sanitize(err.Error())}
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		info.Hint = Sanitize(e.Hint)
		if !e.RetryAt.IsZero() {
			info.RetryAt = timestamppb.New(e.RetryAt)
		}
		if err == error(e) {
			info.Message = Sanitize(e.Message)
		}
	}
	code, ok := codesByKind[kind]
	if !ok {
		code = codes.Unknown
	}
	plain := status.New(code, info.Message)
	detailed, err := plain.WithDetails(info)
	if err != nil { // only if info could not be encoded
		return plain.Err()
	}
	return detailed.Err()
}

// DecodeError decodes the status of a failed call. Explicit is false if the kind was derived from the gRPC code alone.
func DecodeError(err error) (e *provisioner.Error, explicit bool) {
	s := status.Convert(err)
	for _, detail := range s.Details() {
		if info, ok := detail.(*vendorpb.ErrorInfo); ok {
			return decodeInfo(info), true
		}
	}
	e = &provisioner.Error{Kind: kindOf(s.Code()), Message: Sanitize(s.Message())}
	// gRPC itself returns "resource exhausted" for a message over the limit.
	if e.Kind == provisioner.RateLimited && strings.Contains(strings.ToLower(s.Message()), "message larger than max") {
		e.Kind = provisioner.PluginFault
	}
	return e, false
}

func decodeInfo(info *vendorpb.ErrorInfo) *provisioner.Error {
	kind, ok := errorKinds.decode(info.GetKind())
	if !ok {
		return provisioner.Errorf(provisioner.PluginFault, "error of unknown kind %s: %s",
			info.GetKind(), Sanitize(info.GetMessage()))
	}
	e := &provisioner.Error{Kind: kind, Message: Sanitize(info.GetMessage()), Hint: Sanitize(info.GetHint())}
	if info.GetRetryAt().IsValid() {
		e.RetryAt = info.GetRetryAt().AsTime()
	}
	return e
}
