package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tickertape/feed/vendors"
)

// redact hides what can be a secret in a text that is an address, whatever key it belongs to.
func redact(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	return vendors.Redact(text)
}

// redactAny is a value of the wrong type as an error quotes it, with its texts redacted, whole addresses or not.
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

// redacted is a value of the configuration with its texts redacted; it shares nothing with v that is changed.
func redacted(v reflect.Value) reflect.Value {
	fresh := reflect.New(v.Type()).Elem()
	fresh.Set(v)
	switch v.Kind() {
	case reflect.String:
		fresh.SetString(redact(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			fresh.Field(i).Set(redacted(v.Field(i)))
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

// mistakes are all values that are not allowed, by full key. Errors quote values, so they are those about the
// configuration without its secrets; what is a mistake only with them is named without the value.
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

// exposedKeys warns of files with keys, and of a configuration with passwords, that others than their owner can read.
// inConfig tells whether the configuration's file has a key.
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
