package wire

import "fmt"

// decodeAll decodes each message of a list. Its error names the first bad one by noun and index. An empty list becomes
// nil.
func decodeAll[M, T any](noun string, messages []M, decode func(M) (T, error)) ([]T, error) {
	var list []T
	for i, m := range messages {
		item, err := decode(m)
		if err != nil {
			return nil, fmt.Errorf("%s %d: %w", noun, i, err)
		}
		list = append(list, item)
	}
	return list, nil
}

// encodeAll encodes each item of a list. An empty list becomes nil.
func encodeAll[T, M any](list []T, encode func(T) M) []M {
	var messages []M
	for _, item := range list {
		messages = append(messages, encode(item))
	}
	return messages
}
