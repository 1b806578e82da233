"use strict";
// Sorting, finding and opening; the page reads the same without any of it.
document.documentElement.classList.add("js");

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const numeric = head.querySelector("button").dataset.sort === "number";
      const was = head.getAttribute("aria-sort");
      const down = was === "none" ? numeric : was === "ascending";
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => (numeric ? parseFloat(row.cells[column].dataset.value) : row.cells[column].textContent);
      const rows = [...table.tBodies[0].rows].sort((one, other) => {
        const [a, b] = [key(one), key(other)];
        if (!numeric) return down ? b.localeCompare(a) : a.localeCompare(b);
        if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b); // what is missing comes last either way
        return down ? b - a : a - b;
      });
      table.tBodies[0].append(...rows);
    });
  });
}

const list = document.getElementById("scene-list");
if (list) {
  const scenes = [...list.children];
  const [find, order, faulty, unfold, count] = ["find", "order", "faulty", "unfold", "count"].map((id) => document.getElementById(id));
  const show = () => {
    const wanted = find.value.trim().toLowerCase();
    let shown = 0;
    for (const scene of scenes) {
      const fits = scene.dataset.name.includes(wanted) && (!faulty.checked || scene.dataset.faulty === "yes");
      scene.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown === scenes.length ? `${shown} scenes` : `${shown} of ${scenes.length} scenes`;
  };
  const arrange = () => {
    const sorted = [...scenes];
    if (order.value === "worst") sorted.sort((a, b) => a.dataset.worst - b.dataset.worst);
    if (order.value === "spread") sorted.sort((a, b) => b.dataset.spread - a.dataset.spread);
    list.append(...sorted);
  };
  find.addEventListener("input", show);
  faulty.addEventListener("change", show);
  order.addEventListener("change", arrange);
  unfold.addEventListener("click", () => {
    const open = unfold.textContent === "Open all";
    for (const scene of scenes) if (!scene.hidden) scene.open = open;
    unfold.textContent = open ? "Close all" : "Open all";
  });
  show();
}

const follow = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") {
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", follow);
follow();
