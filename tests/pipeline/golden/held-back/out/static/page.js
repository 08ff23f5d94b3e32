// The pages are whole without this script. It adds a button that copies an address, a filter to lists of names,
// and a stop of the keyboard to what is wider than the page: the arrow keys scroll it there.
for (const line of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = line.dataset.copy;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line.querySelector("code").textContent);
    } catch {
      // Without a secure connection there is no clipboard: the address is selected, to be copied by hand.
      getSelection().selectAllChildren(line.querySelector("code"));
      return;
    }
    button.textContent = line.dataset.copied;
    setTimeout(() => { button.textContent = line.dataset.copy; }, 2000);
  });
  line.append(button);
}

for (const table of document.querySelectorAll("[data-filter]")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const tools = document.createElement("div");
  tools.className = "tools";
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = table.dataset.filter;
  field.setAttribute("aria-label", table.dataset.filter);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
  });
  tools.append(field);
  const time = (row) => row.querySelector("time").dateTime;
  const orders = { [table.dataset.name]: () => 0, [table.dataset.newest]: (a, b) => time(b).localeCompare(time(a)) };
  const buttons = Object.entries(orders).map(([name, order], place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.ariaPressed = place === 0;
    button.addEventListener("click", () => {
      body.append(...[...rows].sort(order));
      for (const other of buttons) other.ariaPressed = other === button;
    });
    return button;
  });
  tools.append(...buttons);
  table.before(tools);
}

const watch = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const wide of document.querySelectorAll(".text :is(pre, table)")) watch.observe(wide);
