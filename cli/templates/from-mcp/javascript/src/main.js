import { definePlugin, {{mcp_import}} } from "osaurus-plugin";

export default definePlugin({
  name: "{{title}}",
  minOsaurus: "{{min_osaurus}}",
  include: [{{mcp_include}}],
});
