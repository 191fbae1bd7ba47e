import "./style.css";

document.getElementById("words").textContent = `${window.__osaurus.pluginId}: first words`;
