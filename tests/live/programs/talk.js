// A client made of the npm package `smpp`: JSON commands in, one a line; JSON events out, one a line.
// {"op": "submit_sm", …fields}  ->  {"response": {command, command_status, …}}; a deliver_sm -> {"delivery": {…}}, answered.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const [host, port] = process.argv.slice(2);
const say = (event) => process.stdout.write(JSON.stringify(event) + '\n');
const session = smpp.connect({url: `smpp://${host}:${port}`});

session.on('error', (error) => say({error: String(error)}));
session.on('close', () => { say({closed: true}); process.exit(0); });
session.on('unbind', (pdu) => session.send(pdu.response()));
session.on('enquire_link', (pdu) => session.send(pdu.response()));
session.on('deliver_sm', (pdu) => {
  session.send(pdu.response());
  const {udh, message} = pdu.short_message;
  say({delivery: {
    source_addr: pdu.source_addr, destination_addr: pdu.destination_addr, data_coding: pdu.data_coding,
    esm_class: pdu.esm_class, message, udh: udh ? udh.map((part) => part.toString('hex')) : [],
    receipted_message_id: pdu.receipted_message_id, message_state: pdu.message_state,
  }});
});

readline.createInterface({input: process.stdin}).on('line', (line) => {
  const {op, ...fields} = JSON.parse(line);
  session[op](fields, (pdu) => say({response: {
    command: pdu.command, command_status: pdu.command_status, message_id: pdu.message_id, system_id: pdu.system_id,
    sc_interface_version: pdu.sc_interface_version, message_state: pdu.message_state, unsuccess_sme: pdu.unsuccess_sme,
  }}));
}).on('close', () => session.close());
