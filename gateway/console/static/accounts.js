// The mock wallet: accounts, what happened to them, payments that are confirmed by a code.

import { ask, get, post, query } from "./api.js";
import { arrange, byId, filled, made, paced, replaced, run, say, showText, slot } from "./dom.js";
import { facts } from "./facts.js";
import { named, t } from "./language.js";
import { onEvents } from "./live.js";
import { duration, fullTime, tagState } from "./words.js";

const PAGE = 50;

export function accounts() {
  const rows = new Map();
  const edit = byId("edit-account");
  let isShown = false;
  let number = "";
  let account = null;
  let more = null;
  let items = [];
  let rules = null;

  function show([wanted]) {
    isShown = true;
    number = wanted ?? "";
    byId("account").hidden = number === "";
    byId("account-none").hidden = number !== "";
    if (!items.length) loadList();
    else drawList();
    loadOne(true);
  }

  // --- the list ---

  async function loadList(cursor = "") {
    const limit = cursor ? PAGE : Math.max(PAGE, Math.min(500, items.length));
    const page = await run(null, () => get(`/api/v1/accounts${query({ limit, cursor })}`));
    if (!page) return;
    items = cursor ? [...items, ...page.items] : page.items;
    more = page.next;
    drawList();
  }

  function drawList() {
    arrange(byId("accounts"), items.map(row));
    byId("accounts-empty").hidden = items.length > 0;
    byId("accounts-more").hidden = more === null;
  }

  function row(one) {
    let node = rows.get(one.number);
    if (!node) {
      node = made("account");
      slot(node, "number").setAttribute("href", `#accounts/${one.number}`);
      rows.set(one.number, node);
    }
    filled(node, {
      number: `+${one.number}`,
      balance: held(one) || "–",
      blocked: one.blocked ? t("accounts.blocked") : "",
      confirmation: one.confirmation ? t("accounts.codes") : "",
    });
    node.classList.toggle("current", one.number === number);
    if (one.number === number) slot(node, "number").setAttribute("aria-current", "true");
    else slot(node, "number").removeAttribute("aria-current");
    return node;
  }

  const held = ({ balances }) => Object.entries(balances).map(([currency, amount]) => `${amount}\u00a0${currency}`).join(", ");

  // --- one account ---

  async function loadOne(isNew = false) {
    if (!number) return;
    const whose = number;
    try {
      const [one, entries, payments] = await Promise.all([
        get(`/api/v1/accounts/${whose}`),
        get(`/api/v1/accounts/${whose}/entries${query({ limit: 30 })}`),
        get(`/api/v1/payments${query({ account: whose, limit: 10 })}`),
      ]);
      rules ??= await get("/api/v1/wallet").catch(() => ({}));
      if (whose !== number || !isShown) return;
      drawOne(one, isNew);
      drawEntries(entries.items);
      arrangePayments(payments.items);
    } catch (problem) {
      if (whose !== number) return;
      byId("account").hidden = true;
      byId("account-none").hidden = false;
      if (problem.status !== 404) say(problem.message, { bad: true, lang: problem.status ? "en" : "" });
    }
  }

  function drawOne(one, isNew) {
    // What is being typed is not overwritten.
    if (isNew || !edit.contains(document.activeElement)) {
      const fields = Object.keys(one.balances).map((currency) => {
        const label = made("balance", { currency });
        label.querySelector("input").name = `balance-${currency}`;
        return label;
      });
      replaced(byId("balances"), fields);
      for (const [currency, amount] of Object.entries(one.balances)) edit.elements[`balance-${currency}`].value = amount;
      edit.elements.language.value = one.language;
      edit.elements.confirmation.checked = one.confirmation;
      edit.elements.blocked.checked = one.blocked;
    }
    account = one;
    byId("account-title").textContent = `+${one.number}`;
    byId("account-phone").href = `#phone/${one.number}`;
    facts(byId("account-facts"), [
      ["PIN", t(one.has_pin ? "accounts.pin_set" : "accounts.no_pin")],
      [t("accounts.temporary"), fullTime(one.pin_temporary_until)],
      [t("accounts.locked"), fullTime(one.pin_locked_until)],
    ]);
    facts(byId("limits"), limits(rules));
    const at = items.findIndex(({ number: other }) => other === one.number);
    if (at >= 0) {
      items[at] = one;
      row(one);
    }
  }

  function limits(of) {
    if (!of || of.pin_resets === undefined) return [];
    return [
      [
        t("accounts.pins"),
        t("accounts.pins_told", {
          count: of.pin_resets,
          window: duration(of.pin_resets_window),
          gap: duration(of.pin_reset_gap),
          lock: duration(of.pin_reset_lock),
        }),
      ],
      [t("accounts.wrong"), t("accounts.wrong_told", { count: of.pin_wrong_checks, lock: duration(of.pin_check_lock) })],
      [t("accounts.code"), t("accounts.code_told", { time: duration(of.code_valid), n: of.code_tries })],
      [t("accounts.waiting"), t("accounts.at_most", { n: of.payments_held })],
      [t("accounts.largest"), of.payment_limit ? t("accounts.minor", { n: of.payment_limit }) : t("accounts.no_limit")],
    ];
  }

  function drawEntries(entries) {
    byId("entries-empty").hidden = entries.length > 0;
    replaced(
      byId("entries"),
      entries.map(({ kind, detail, payment, at }) => {
        const what = [named("entry", kind), detail, payment ? t("accounts.payment", { id: String(payment) }) : ""].filter(Boolean).join(" · ");
        const node = made("moment", { time: fullTime(at).slice(0, 19) });
        showText(slot(node, "what"), what);
        return node;
      }),
    );
  }

  function arrangePayments(payments) {
    replaced(
      byId("payments"),
      payments.map((payment) => {
        const node = made("payment", {
          amount: `${payment.amount} ${payment.currency}`,
          note: [payment.reason && named("refusal", payment.reason), payment.tries ? t("accounts.tries", { n: payment.tries }) : ""].filter(Boolean).join(", "),
        });
        showText(slot(node, "merchant"), payment.merchant);
        tagState(slot(node, "state"), payment.state);
        const link = slot(node, "phone");
        link.hidden = payment.state !== "held";
        link.setAttribute("href", `#phone/${payment.account}`);
        return node;
      }),
    );
  }

  edit.addEventListener("submit", (event) => {
    event.preventDefault();
    run(event.submitter, async () => {
      const balances = {};
      for (const currency of Object.keys(account.balances)) {
        const value = edit.elements[`balance-${currency}`].value.trim().replace(",", ".");
        if (value !== account.balances[currency]) balances[currency] = value;
      }
      const added = edit.elements.currency.value.trim().toUpperCase();
      if (added && !(added in account.balances)) balances[added] = "0";
      await ask("PATCH", `/api/v1/accounts/${number}`, {
        language: edit.elements.language.value,
        confirmation: edit.elements.confirmation.checked,
        blocked: edit.elements.blocked.checked,
        ...(Object.keys(balances).length ? { balances } : {}),
      });
      edit.elements.currency.value = "";
      say(t("accounts.saved"));
      await loadOne(true);
      loadList();
    });
  });

  byId("pay").addEventListener("submit", (event) => {
    event.preventDefault();
    const { amount, currency, merchant } = byId("pay").elements;
    run(event.submitter, async () => {
      const payment = await post("/api/v1/payments", {
        account: number,
        amount: amount.value.trim().replace(",", "."),
        currency: currency.value.trim(),
        merchant: merchant.value.trim(),
      });
      say(
        payment.state === "held"
          ? t("accounts.held")
          : t(payment.reason ? "accounts.done_why" : "accounts.done", {
              state: named("state", payment.state),
              reason: named("refusal", payment.reason),
            }),
      );
      loadOne();
    });
  });

  byId("new-account").addEventListener("submit", (event) => {
    event.preventDefault();
    const { number: of, language, amount, currency } = byId("new-account").elements;
    run(event.submitter, async () => {
      const digits = of.value.trim().replace(/^\+/, "");
      const balances = { [currency.value.trim()]: amount.value.trim().replace(",", ".") };
      await post("/api/v1/accounts", { number: digits, language: language.value, balances });
      of.value = "";
      await loadList();
      location.hash = `accounts/${digits}`;
    });
  });

  byId("accounts-more").addEventListener("click", (event) => run(event.currentTarget, () => loadList(more)));

  const soon = paced(500, () => {
    if (!isShown) return;
    loadOne();
    loadList();
  });
  onEvents((events, gap) => {
    if (!isShown) return;
    if (gap || events.some(({ name, data }) => name === "reset" || (name === "message" && (data.from === number || data.to === number)))) soon();
  });

  return { show, hide: () => (isShown = false) };
}
