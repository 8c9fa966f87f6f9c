package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tickertape/feed/vendors"
)

// redact hides the parts of an address that can be secret: user, password and query. Other texts stay as they are.
func redact(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	return vendors.Redact(text)
}

// redactAny redacts all texts in a value of the wrong type, before an error quotes it.
func redactAny(v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "@") {
			return vendors.Redact(v)
		}
		return redact(v)
	case []any:
		all := make([]any, len(v))
		for i, e := range v {
			all[i] = redactAny(e)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, e := range v {
			all[redact(key)] = redactAny(e)
		}
		return all
	}
	return v
}

// redacted is a copy of a value of the configuration with its texts redacted.
func redacted(v reflect.Value) reflect.Value {
	fresh := reflect.New(v.Type()).Elem()
	fresh.Set(v)
	switch v.Kind() {
	case reflect.String:
		fresh.SetString(redact(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fresh.Field(i).Set(redacted(v.Field(i)))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			break
		}
		fresh.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			fresh.Index(i).Set(redacted(v.Index(i)))
		}
	}
	return fresh
}

// mistakes are the errors of Validate, without secrets. Errors quote values, so the redacted configuration is validated.
// A value that is a mistake only when it is not redacted is named by its key, without the value.
func (c Config) mistakes() []error {
	shown := flatten(redacted(reflect.ValueOf(c)).Interface().(Config).Validate())
	key := func(err error) string {
		key, _, _ := strings.Cut(err.Error(), ":")
		return key
	}
	var errs []error
	for _, err := range flatten(c.Validate()) {
		same := func(other error) bool { return key(other) == key(err) }
		if i := slices.IndexFunc(shown, same); i >= 0 {
			errs = append(errs, shown[i])
			shown = slices.Delete(shown, i, i+1)
		} else {
			errs = append(errs, fmt.Errorf("%s: the value is not allowed; it is not shown, since it has a user, password or query", key(err)))
		}
	}
	return errs
}

// exposedKeys warns of key files, and of a configuration with passwords, that not only their owner can read.
// inConfig reports whether the configuration's file has a key.
func exposedKeys(known []leaf, config string, inConfig func(key string) bool) (warnings []string) {
	for _, l := range known {
		file := ""
		switch {
		case strings.HasSuffix(l.name(), "_file"):
			file = l.value.String()
		case inConfig(l.key()) && !reflect.DeepEqual(redacted(l.value).Interface(), l.value.Interface()):
			file = config
		}
		if file == "" {
			continue
		}
		if w := vendors.Exposed(l.name(), file); w != "" {
			warnings = append(warnings, w)
		}
	}
	return warnings
}
