package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	neturl "net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tickertape/feed/vendors"
)

// healthCommand asks a running server for its health, so that a container image needs no other program for that.
func healthCommand(file *string) *cobra.Command {
	var url string
	c := &cobra.Command{Use: "health", Short: "Ask a running server for its health, exit 1 if it fails", Args: noArgs}
	c.Flags().StringVar(&url, "url", "", "what to ask (default /healthz at the configured address)")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if url == "" {
			cfg, _, err := loadConfig(*file, nil)
			if err != nil {
				return err
			}
			at := cfg.Server.Admin.Listen // which is reached when the public port is full
			if at == "" {
				at = cfg.Server.Listen
			}
			host, port, _ := net.SplitHostPort(at) // validated
			if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
				host = "localhost"
			}
			url = "http://" + net.JoinHostPort(host, port) + "/healthz"
		}
		return askHealth(cmd.Context(), url)
	}
	return c
}

func askHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("--url: %.100q is not an address such as http://localhost:8080/healthz", vendors.Redact(url))
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		var failed *neturl.Error
		if errors.As(err, &failed) {
			failed.URL = vendors.Redact(url)
		}
		return fmt.Errorf("ask for health: %w", err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10)) // the status says enough
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", vendors.Redact(url), answer.Status, strings.TrimSpace(string(text)))
	}
	return nil
}
