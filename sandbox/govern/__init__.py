"""Parties, applications, agreements, stops: who may use what, for which purpose, until when. 授权运营."""
