package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// healthCommand asks a running server for its health, so that an image needs no other program for it.
func healthCommand(file *string) *cobra.Command {
	var url string
	c := &cobra.Command{Use: "health", Short: "Ask a running server for its health, exit 1 if it is not well", Args: noArgs}
	c.Flags().StringVar(&url, "url", "", "what to ask (default /healthz at the configured address)")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if url == "" {
			cfg, _, err := loadConfig(*file, nil)
			if err != nil {
				return err
			}
			host, port, _ := net.SplitHostPort(cfg.Server.Listen) // validated
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
		return fmt.Errorf("ask for health: %w", err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10)) // the status says enough
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, answer.Status, strings.TrimSpace(string(text)))
	}
	return nil
}
