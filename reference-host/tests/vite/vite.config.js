// What a plugin author needs: no WebSocket through the proxy, files found by polling.
export default {
  server: { hmr: false, watch: { usePolling: true, interval: 100 } },
};
