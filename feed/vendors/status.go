package vendors

import (
	"errors"
	"net/http"
	"slices"

	"tickertape/feed"
)

// HasStatus reports whether an error of [REST.Get] is an answer with one of some HTTP statuses.
func HasStatus(err error, codes ...int) bool {
	var status *StatusError
	return errors.As(err, &status) && slices.Contains(codes, status.Code)
}

// RefuseMalformed is an error of [REST.Get], as a refusal where the vendor does not understand the request: repeated, it would fare no
// better. That depends on what is asked for, as on a symbol. nil stays nil.
func RefuseMalformed(err error) error {
	if HasStatus(err, http.StatusBadRequest, http.StatusUnprocessableEntity) {
		return &feed.Break{Cause: feed.Refused, Err: err}
	}
	return err
}
