"""The lab: real Asterisk, real SIP phones, and the truth about what they did."""
