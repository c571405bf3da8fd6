// The plain way to write an SMPP echo in Node: npm's smpp. node node_smpp.js PORT (0: any; the port is printed).
'use strict';
const smpp = require('smpp');

const TEXT = 'Balance: 1,234.50 RUB at 12:00 MSK';
let accepted = 0;

const server = smpp.createServer({}, (session) => {
  const echo = (pdu) => {
    accepted += 1;
    session.send(pdu.response({ message_id: String(accepted).padStart(10, '0') }));
    session.deliver_sm({
      source_addr_ton: pdu.dest_addr_ton,
      source_addr_npi: pdu.dest_addr_npi,
      source_addr: pdu.destination_addr,
      dest_addr_ton: pdu.source_addr_ton,
      dest_addr_npi: pdu.source_addr_npi,
      destination_addr: pdu.source_addr,
      short_message: TEXT,
    });
  };
  session.on('bind_transceiver', (pdu) => session.send(pdu.response({ system_id: 'echo' })));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => session.send(pdu.response()));
  session.on('submit_sm', echo);
  session.on('error', () => session.close());
});
server.listen(Number(process.argv[2]), '127.0.0.1', function listening() {
  console.log(this.address().port);
});
