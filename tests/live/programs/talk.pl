# A client made of Net::SMPP: commands in, one a line, fields separated by tabs; events out in the same manner.
#   submit_sm source destination data_coding hex [registered_delivery]  ->  submit_sm_resp status message_id
#   query_sm message_id source / enquire_link / unbind                  ->  …_resp status [state]
#   receive  ->  deliver_sm source destination data_coding esm_class hex, answered
use strict;
use warnings;
use Net::SMPP;

$| = 1;
my ($host, $port, $kind, $system_id, $password) = @ARGV;
my %new = (transceiver => 'new_transceiver', transmitter => 'new_transmitter', receiver => 'new_receiver');
my $method = $new{$kind};
my ($smpp, $answer) = Net::SMPP->$method($host, port => $port, system_id => $system_id, password => $password);
die "no connection\n" unless $smpp;
print join("\t", 'bind_resp', $answer->{status}, $answer->{system_id} // ''), "\n";

my @waiting;

# The response to what was just sent; what else comes before it is kept.
sub response {
    my ($sequence) = @_;
    while (my $pdu = $smpp->read_pdu()) {
        return $pdu if $pdu->{cmd} & 0x80000000 && $pdu->{seq} == $sequence;
        push @waiting, $pdu;
    }
    die "closed\n";
}

${*$smpp}{async} = 1; # an IO::Socket keeps its options there
while (my $line = <STDIN>) {
    chomp $line;
    my ($op, @fields) = split /\t/, $line;
    if ($op eq 'submit_sm') {
        my ($source, $destination, $data_coding, $hex, $registered) = @fields;
        my $sequence = $smpp->submit_sm(
            source_addr_ton => 1, source_addr_npi => 1, source_addr => $source,
            dest_addr_ton => 0, dest_addr_npi => 1, destination_addr => $destination,
            data_coding => $data_coding, short_message => pack('H*', $hex), registered_delivery => $registered // 0,
        );
        my $pdu = response($sequence);
        print join("\t", 'submit_sm_resp', $pdu->{status}, $pdu->{message_id} // ''), "\n";
    } elsif ($op eq 'query_sm') {
        my ($message_id, $source) = @fields;
        my $pdu = response($smpp->query_sm(
            message_id => $message_id, source_addr_ton => 1, source_addr_npi => 1, source_addr => $source,
        ));
        print join("\t", 'query_sm_resp', $pdu->{status}, $pdu->{message_state} // ''), "\n";
    } elsif ($op eq 'enquire_link' || $op eq 'unbind') {
        my $pdu = response($smpp->$op());
        print join("\t", "${op}_resp", $pdu->{status}), "\n";
    } elsif ($op eq 'receive') {
        my $pdu;
        do { $pdu = shift @waiting // $smpp->read_pdu() or die "closed\n" } until $pdu->{cmd} == 5;
        $smpp->deliver_sm_resp(message_id => '', seq => $pdu->{seq});
        print join("\t", 'deliver_sm', $pdu->{source_addr}, $pdu->{destination_addr}, $pdu->{data_coding},
            $pdu->{esm_class}, unpack('H*', $pdu->{short_message})), "\n";
    } else {
        die "no such command: $op\n";
    }
}
