"""What each subcommand of ``sms-gateway`` does. A module imports what is heavy (Twisted, smpplib) only when it runs."""
